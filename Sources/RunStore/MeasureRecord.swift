public import Foundation

// Doubles that may be NaN: SQLite keeps NaN as NULL, so the records below
// read NULL back as NaN.

/// A number given to one item of a stage, such as a preference-model score.
public struct ScoreRecord: Codable, Hashable, Sendable {
  public var runId: String
  public var stage: String
  /// The item, in the stage's own naming.
  public var item: String
  public var value: Double

  public init(runId: String, stage: String, item: String, value: Double) {
    self.runId = runId
    self.stage = stage
    self.item = item
    self.value = value
  }

  public init(from decoder: any Decoder) throws {
    let row = try decoder.container(keyedBy: CodingKeys.self)
    runId = try row.decode(String.self, forKey: .runId)
    stage = try row.decode(String.self, forKey: .stage)
    item = try row.decode(String.self, forKey: .item)
    value = try row.decodeIfPresent(Double.self, forKey: .value) ?? .nan
  }
}

extension ScoreRecord: TableRecordValue {
  static var table: String { "score" }
  static var replaces: Bool { true }
}

/// One point of a curve: the value of a named quantity at a step of a stage.
public struct MetricRecord: Codable, Hashable, Sendable {
  public var runId: String
  public var stage: String
  public var step: Int
  public var name: String
  public var value: Double

  public init(runId: String, stage: String, step: Int, name: String, value: Double) {
    self.runId = runId
    self.stage = stage
    self.step = step
    self.name = name
    self.value = value
  }

  public init(from decoder: any Decoder) throws {
    let row = try decoder.container(keyedBy: CodingKeys.self)
    runId = try row.decode(String.self, forKey: .runId)
    stage = try row.decode(String.self, forKey: .stage)
    step = try row.decode(Int.self, forKey: .step)
    name = try row.decode(String.self, forKey: .name)
    value = try row.decodeIfPresent(Double.self, forKey: .value) ?? .nan
  }
}

extension MetricRecord: TableRecordValue {
  static var table: String { "metric" }
  static var replaces: Bool { true }
}

/// One measured quantity of one system with its 95 % interval.
public struct EvaluationRecord: Codable, Hashable, Sendable {
  public var runId: String
  /// Such as "helpful-only", "sl-cai" or "rl-cai". Reports show systems in the
  /// order in which they were stored.
  public var system: String
  /// Such as "harmfulness" or "evasive".
  public var metric: String
  /// A category of prompts, or nil for all of them.
  public var category: String?
  public var mean: Double
  public var low: Double
  public var high: Double
  /// How many items the mean is over.
  public var n: Int

  public init(
    runId: String, system: String, metric: String, category: String? = nil, mean: Double,
    low: Double, high: Double, n: Int
  ) {
    self.runId = runId
    self.system = system
    self.metric = metric
    self.category = category
    self.mean = mean
    self.low = low
    self.high = high
    self.n = n
  }

  public init(from decoder: any Decoder) throws {
    let row = try decoder.container(keyedBy: CodingKeys.self)
    runId = try row.decode(String.self, forKey: .runId)
    system = try row.decode(String.self, forKey: .system)
    metric = try row.decode(String.self, forKey: .metric)
    category = try row.decodeIfPresent(String.self, forKey: .category)
    mean = try row.decodeIfPresent(Double.self, forKey: .mean) ?? .nan
    low = try row.decodeIfPresent(Double.self, forKey: .low) ?? .nan
    high = try row.decodeIfPresent(Double.self, forKey: .high) ?? .nan
    n = try row.decode(Int.self, forKey: .n)
  }
}

extension EvaluationRecord: TableRecordValue {
  static var table: String { "evaluation" }
  static var replaces: Bool { true }
}

/// A content-addressed file or directory beside the database.
public struct ArtifactRecord: Codable, Hashable, Sendable {
  /// SHA-256 of the content, hexadecimal; also its name on disk.
  public var sha256: String
  /// Such as "checkpoint".
  public var kind: String
  public var byteCount: Int
  public var createdAt: Date
}

extension ArtifactRecord: TableRecordValue {
  static var table: String { "artifact" }
  static var replaces: Bool { true }
}

/// What an artifact is to a run.
public struct RunArtifactRecord: Codable, Hashable, Sendable {
  public var runId: String
  /// Such as "sl-cai", "rl-cai" or "preference-model".
  public var role: String
  /// SHA-256 of the model's weights, whatever the file format.
  public var weightsHash: String
  /// The artifact, when the weights were saved in this store.
  public var sha256: String?
  /// Where the weights are when they are not an artifact, such as the
  /// directory of the base model.
  public var path: String?

  public init(
    runId: String, role: String, weightsHash: String, sha256: String? = nil,
    path: String? = nil
  ) {
    self.runId = runId
    self.role = role
    self.weightsHash = weightsHash
    self.sha256 = sha256
    self.path = path
  }
}

extension RunArtifactRecord: TableRecordValue {
  static var table: String { "runArtifact" }
  static var replaces: Bool { true }
}
