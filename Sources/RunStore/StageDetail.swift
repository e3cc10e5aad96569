internal import Foundation

/// What a stage counted and measured; the `detail` of its record.
public struct StageDetail: Codable, Hashable, Sendable {
  /// Items set aside, by reason.
  public var setAside: [String: Int]
  public var figures: [String: Double]

  public init(setAside: [String: Int], figures: [String: Double]) {
    self.setAside = setAside
    self.figures = figures
  }

  /// JSON text of one object with sorted keys.
  public func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    return String(decoding: try encoder.encode(self), as: UTF8.self)
  }
}

extension StageRecord {
  /// What the stage counted and measured; nil when its detail says something else.
  public var counted: StageDetail? {
    detail.flatMap { try? JSONDecoder().decode(StageDetail.self, from: Data($0.utf8)) }
  }
}
