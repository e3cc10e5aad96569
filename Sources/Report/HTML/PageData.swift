internal import RunStore

/// What the page's script reads: transcripts, and which of them are behind which
/// point. Texts that occur often are there once.
struct PageData {
  struct Point {
    var name: String
    /// Indices of pools.
    var pools: [Int]
  }

  private(set) var pools: [TranscriptPool] = []
  private(set) var panels: [(id: String, points: [Point])] = []
  private var places: [String: Int] = [:]

  /// The pool's index; the first one stays when the same is added again.
  mutating func add(_ pool: TranscriptPool) -> Int {
    let key = "\(pool.run)\u{0}\(pool.stage)\u{0}\(pool.system ?? "")"
    if let place = places[key] { return place }
    places[key] = pools.count
    pools.append(pool)
    return pools.count - 1
  }

  func index(run: String, stage: String, system: String?) -> Int? {
    places["\(run)\u{0}\(stage)\u{0}\(system ?? "")"]
  }

  mutating func addPanel(_ id: String, _ points: [Point]) {
    panels.append((id, points))
  }

  /// How many transcripts a panel shows of how many on record, by what they are.
  func counts(panel id: String) -> String {
    guard let panel = panels.first(where: { $0.id == id }) else { return "" }
    let own = Set(panel.points.flatMap(\.pools)).sorted().map { pools[$0] }
    func sentence(_ what: String, _ pools: [TranscriptPool]) -> String? {
      let total = pools.reduce(0) { $0 + $1.total }
      guard total > 0 else { return nil }
      let shown = pools.reduce(0) { $0 + $1.items.count }
      return "\(Formatting.count(shown)) of \(Formatting.count(total)) \(what)"
    }
    let parts = [
      sentence("evaluated answers", own.filter { $0.stage == "evaluate" }),
      sentence(
        "chains of critique and revision",
        own.filter { $0.stage != "evaluate" && $0.stage != "compare" }),
      sentence("pairs with their votes", own.filter { $0.stage == "compare" }),
    ].compactMap { $0 }
    return parts.isEmpty ? "" : "Shown here: " + parts.joined(separator: ", ") + "."
  }

  /// Everything as one JSON object that may stand in a script element.
  func json() -> String {
    var texts: [String] = []
    var known: [String: Int] = [:]
    func place(_ text: String) -> String {
      if let place = known[text] { return "\(place)" }
      known[text] = texts.count
      texts.append(text)
      return "\(texts.count - 1)"
    }
    func list(_ items: [String]) -> String { "[" + items.joined(separator: ",") + "]" }
    let poolTexts = pools.map { pool in
      let items = pool.items.map { item in
        list([
          place(item.promptId), place(item.prompt), item.set == .harmful ? "1" : "0",
          place(item.category), list(item.principles.map(place)),
          list(item.parts.map { list([place($0.title), place($0.text)]) }),
        ])
      }
      return "{\"run\":\(HTML.data(pool.run)),\"name\":\(HTML.data(pool.runName)),"
        + "\"stage\":\(HTML.data(pool.stage)),\"system\":\(HTML.data(pool.system ?? "")),"
        + "\"total\":\(pool.total),\"items\":\(list(items))}"
    }
    let panelTexts = panels.map { panel in
      let points = panel.points.map { point in
        "{\"name\":\(HTML.data(point.name)),\"pools\":\(list(point.pools.map { "\($0)" }))}"
      }
      return "\(HTML.data(panel.id)):\(list(points))"
    }
    return "{\"panels\":{\(panelTexts.joined(separator: ","))},\n\"pools\":[\n"
      + poolTexts.joined(separator: ",\n") + "],\n\"texts\":[\n"
      + texts.map(HTML.data).joined(separator: ",\n") + "]}"
  }
}
