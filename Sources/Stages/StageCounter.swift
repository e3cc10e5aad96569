/// What one stage did, for the record and the closing line.
public struct StageCounter: Sendable {
  public var items = 0
  /// Model calls answered from the record, and made.
  public var callsReused = 0
  public var callsComputed = 0
  /// Set-aside items by reason, in order of first use.
  public private(set) var setAside: [(reason: String, count: Int)] = []
  /// Further figures for the record, by name.
  public var figures: [String: Double] = [:]

  public init() {}

  public mutating func setAside(_ reason: String, count: Int = 1) {
    guard count > 0 else { return }
    if let index = setAside.firstIndex(where: { $0.reason == reason }) {
      setAside[index].count += count
    } else {
      setAside.append((reason, count))
    }
  }
}
