internal import CKernels
internal import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Lanes that work on one thing together: one leads, and those that have run out
/// of work of their own help it. The leader hands out pieces of work. Inside a
/// piece the members wait for each other by spinning, which takes well under a
/// microsecond while each has a core, so that they may do it hundreds of times
/// in a few milliseconds.
///
/// Unchecked: `body` and `base` are written by the leader while no helper is at
/// work, and read by helpers after the `call` that announces them.
public final class LaneTeam: @unchecked Sendable {
  /// One lane's part in a piece of work.
  public struct Member: Sendable {
    /// From 0, the leader, to `count - 1`.
    public let index: Int
    public let count: Int
    /// Nil where nobody else takes part.
    fileprivate let team: LaneTeam?

    /// Who does the whole work, and waits for nobody.
    public static var alone: Member { Member(index: 0, count: 1, team: nil) }

    /// This member's part of `0..<total`; parts differ in size by at most one.
    public func share(of total: Int) -> Range<Int> {
      total * index / count..<total * (index + 1) / count
    }

    /// Returns when every member has come here: each then sees what all have
    /// written before.
    public func wait() {
      guard let team else { return }
      // Before arriving: afterwards the leader may begin another piece of work.
      let base = team.base
      let arrivals = team.arrivals.add(1, ordering: .acquiringAndReleasing).newValue - base
      let all = base + roundUp(arrivals, to: count)
      waitUntil { team.arrivals.load(ordering: .acquiring) >= all }
    }
  }

  /// Never falls: a member may look for the last time at the barrier that it
  /// leaves when others have come to the next.
  private let arrivals = Atomic(0)
  /// Lanes that have come to help; each one's index is its place among them.
  private let helpers = Atomic(0)
  /// The latest piece of work: its number times `mostMembers`, plus its
  /// members. `dismissal` after the last.
  private let call = Atomic(0)
  private static let mostMembers = 1 << 16
  private static let dismissal = -1

  /// `arrivals` when the latest piece of work began.
  private var base = 0
  private var body: (@Sendable (Member) -> Void)?

  public init() {}

  /// Members of a piece of work that would begin now.
  public var count: Int { 1 + helpers.load(ordering: .acquiring) }

  /// Returns when so many members are there: their lanes are to have nothing else to
  /// do. For the leader alone to call.
  public func gather(_ members: Int) { waitUntil { count >= members } }

  /// Whether the leader has no more work.
  public var isOver: Bool { call.load(ordering: .acquiring) == Self.dismissal }

  /// Runs `body` at the same time for each member, on the calling thread for
  /// the leader, and returns when all have ended. For the leader alone to call.
  public func run(_ body: @Sendable (Member) -> Void) {
    let count = count
    guard count > 1 else { return body(.alone) }
    withoutActuallyEscaping(body) { body in
      self.body = body
      base = arrivals.load(ordering: .relaxed)
      let number = call.load(ordering: .relaxed) / Self.mostMembers + 1
      call.store(number * Self.mostMembers + count, ordering: .releasing)
      take(part: 0, of: count)
      self.body = nil
    }
  }

  /// Ends the team: no more work will come. For the leader alone to call.
  public func dismiss() { call.store(Self.dismissal, ordering: .releasing) }

  /// Works as a helper until the team is dismissed.
  public func help() {
    // In this order: a piece of work that counts this lane in is a later one.
    var seen = call.load(ordering: .acquiring)
    let index = helpers.add(1, ordering: .acquiringAndReleasing).newValue
    while seen != Self.dismissal {
      let count = seen % Self.mostMembers
      if index < count { take(part: index, of: count) }
      waitUntil { call.load(ordering: .acquiring) != seen }
      seen = call.load(ordering: .acquiring)
    }
  }

  private func take(part index: Int, of count: Int) {
    let member = Member(index: index, count: count, team: self)
    perform(member)
    member.wait()
  }

  /// Apart, so that no helper holds `body` any more when it reports its end.
  @inline(never)
  private func perform(_ member: Member) { body!(member) }
}

/// Looks until it is so, which usually takes a microsecond; after some hundreds of
/// them, more than a member's part of a piece of work takes, sleeps between looks.
/// Where threads are more than cores, whoever is waited for then finds a free one,
/// and the time slept is not lost to the waiting thread as it would be if it
/// yielded.
@inline(__always)
private func waitUntil(_ isSo: () -> Bool) {
  for _ in 0..<12_000 {
    if isSo() { return }
    solon_spin_pause()
  }
  while !isSo() { usleep(50) }
}
