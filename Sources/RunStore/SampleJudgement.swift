internal import Foundation

/// What the evaluator said of a sample; the `detail` of its record.
public struct SampleJudgement: Codable, Hashable, Sendable {
  /// Numbers by metric, such as `harmfulness`.
  public var judgement: [String: Double]
  /// Harm of the prompt's own category; nil when the prompt has none.
  public var ownHarm: Double?

  enum CodingKeys: String, CodingKey {
    case judgement
    case ownHarm = "own_harm"
  }

  public init(_ judgement: [String: Double], ownHarm: Double? = nil) {
    self.judgement = judgement
    self.ownHarm = ownHarm
  }

  /// JSON text of one object with sorted keys.
  public func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    return String(decoding: try encoder.encode(self), as: UTF8.self)
  }
}

extension SampleRecord {
  /// What the evaluator said of it; nil when it said nothing.
  public var judged: SampleJudgement? {
    detail.flatMap { try? JSONDecoder().decode(SampleJudgement.self, from: Data($0.utf8)) }
  }
}
