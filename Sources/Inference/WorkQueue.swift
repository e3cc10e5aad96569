import Synchronization

/// One piece of work as the queue sees it.
struct WorkItem {
  /// Its place among the caller's requests.
  var index: Int
  /// About how long it takes, in rows of a step.
  var cost: Int
  /// The most tokens that its slot holds.
  var length: Int
  /// The tokens it starts with.
  var tokens: [Int32]
  /// How many of `tokens` others are said to share.
  var sharedPrefixLength: Int
}

/// Hands out a call's requests. Each lane has its own share, of about equal
/// cost, in which requests that share a prefix follow each other; a lane whose
/// share is used up takes the last request of the lane that has most left.
final class WorkQueue: Sendable {
  private struct Share {
    var order: ArraySlice<Int>
  }

  private let shares: Mutex<[Share]>
  /// The tokens with which the first requests of every lane are said to begin; nil
  /// where these differ, or where there is one lane alone.
  let commonBeginning: ArraySlice<Int32>?

  init(_ items: [WorkItem], lanes: Int) {
    let units = Self.units(of: items, lanes: lanes)
    var orders = [[Int]](repeating: [], count: lanes)
    var loads = [Int](repeating: 0, count: lanes)
    var beginnings = [ArraySlice<Int32>?](repeating: nil, count: lanes)
    for unit in units {
      let lane = loads.indices.min { (loads[$0], $0) < (loads[$1], $1) }!
      if orders[lane].isEmpty { beginnings[lane] = unit.beginning }
      orders[lane] += unit.members
      loads[lane] += unit.cost
    }
    let isCommon = lanes > 1 && beginnings.allSatisfy { $0 == beginnings[0] }
    commonBeginning = isCommon ? beginnings[0] : nil
    shares = Mutex(orders.map { Share(order: $0[...]) })
  }

  /// The next request for `lane`, or `nil` when none is left.
  func take(lane: Int) -> Int? {
    shares.withLock { shares in
      if let next = shares[lane].order.popFirst() { return next }
      let richest = shares.indices.max {
        (shares[$0].order.count, $1) < (shares[$1].order.count, $0)
      }!
      return shares[richest].order.popLast()
    }
  }

  private let aborted = Atomic(false)

  /// True after `abort`: the lanes are to end, whatever they are at.
  var isAborted: Bool { aborted.load(ordering: .relaxed) }

  /// Ends the call: a lane has met an error.
  func abort() { aborted.store(true, ordering: .relaxed) }

  private struct Unit {
    var members: [Int]
    var cost: Int
    /// What its requests are said to begin with.
    var beginning: ArraySlice<Int32>?
  }

  /// What is given to a lane whole, dearest first: a single request, the
  /// requests of one shared prefix, or, of a prefix shared by so many that one
  /// lane alone would be late, a part of them.
  private static func units(of items: [WorkItem], lanes: Int) -> [Unit] {
    var groups: [ArraySlice<Int32>: [WorkItem]] = [:]
    var units: [Unit] = []
    for item in items {
      if item.sharedPrefixLength == 0 {
        units.append(Unit(members: [item.index], cost: item.cost))
      } else {
        groups[item.tokens.prefix(item.sharedPrefixLength), default: []].append(item)
      }
    }
    let total = items.reduce(0) { $0 + $1.cost }
    for (beginning, group) in groups {
      let ordered = group.sorted(by: precedes)
      let cost = ordered.reduce(0) { $0 + $1.cost }
      let parts = cost * lanes > total / 4 ? min(4 * lanes, ordered.count) : 1
      for part in 0..<parts {
        let members = ordered[
          (part * ordered.count / parts)..<((part + 1) * ordered.count / parts)]
        units.append(
          Unit(
            members: members.map(\.index), cost: members.reduce(0) { $0 + $1.cost },
            beginning: beginning))
      }
    }
    return units.sorted { ($1.cost, $0.members[0]) < ($0.cost, $1.members[0]) }
  }

  /// Dearest first; among equals, equal prompts beside each other.
  private static func precedes(_ a: WorkItem, _ b: WorkItem) -> Bool {
    if a.cost != b.cost { return a.cost > b.cost }
    if a.tokens != b.tokens { return a.tokens.lexicographicallyPrecedes(b.tokens) }
    return a.index < b.index
  }
}
