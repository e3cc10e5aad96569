public import Foundation

/// An ablation: one experiment under several settings (its arms) and seeds, and
/// what was measured over its runs.
public struct AblationRecord: Codable, Hashable, Sendable, Identifiable {
  /// Short lower-case hexadecimal, unique in the store; given by
  /// `RunStore.begin`.
  public var id: String
  public var name: String
  /// What the ablation is there to test, in words; may be empty.
  public var claim: String
  public var status: RunStatus
  public var startedAt: Date
  public var finishedAt: Date?
  /// The command line that started it, as typed.
  public var command: String
  /// The resolved definition as JSON text.
  public var definition: String
  public var machine: MachineRecord

  public init(
    name: String, claim: String, command: String, definition: String, machine: MachineRecord
  ) {
    id = ""
    self.name = name
    self.claim = claim
    status = .running
    startedAt = Date()
    self.command = command
    self.definition = definition
    self.machine = machine
  }
}

extension AblationRecord: TableRecordValue {
  static var table: String { "ablation" }
  static var replaces: Bool { false }
}

/// A run of an ablation. A run may belong to several.
public struct AblationRunRecord: Codable, Hashable, Sendable {
  public var ablationId: String
  /// The settings that the run has, by the ablation's name for them.
  public var arm: String
  public var seed: Int64
  public var runId: String
  /// False when a run on record was the same and was taken.
  public var isNew: Bool

  public init(ablationId: String, arm: String, seed: Int64, runId: String, isNew: Bool) {
    self.ablationId = ablationId
    self.arm = arm
    self.seed = seed
    self.runId = runId
    self.isNew = isNew
  }
}

extension AblationRunRecord: TableRecordValue {
  static var table: String { "ablationRun" }
  static var replaces: Bool { true }
}

/// How the points of a figure are drawn.
public enum FigureKind: String, Codable, Sendable, CaseIterable {
  /// `y` over the number `x`, one curve a series.
  case line
  /// `y` for each `label`, side by side by series.
  case bars
  /// `x` and `y` both measured, each with an interval; points of a series are
  /// joined in their order.
  case scatter
  /// `y` for each series (a row) and `label` (a column).
  case matrix
}

/// One figure of an ablation.
public struct FigureRecord: Codable, Hashable, Sendable {
  public var ablationId: String
  /// Unique in the ablation, made of letters, digits and hyphens.
  public var name: String
  public var kind: FigureKind
  public var title: String
  /// What the intervals are and what else a reader must know, in a sentence or two.
  public var note: String
  public var xLabel: String
  public var yLabel: String

  public init(
    ablationId: String, name: String, kind: FigureKind, title: String, note: String = "",
    xLabel: String = "", yLabel: String
  ) {
    self.ablationId = ablationId
    self.name = name
    self.kind = kind
    self.title = title
    self.note = note
    self.xLabel = xLabel
    self.yLabel = yLabel
  }
}

extension FigureRecord: TableRecordValue {
  static var table: String { "figure" }
  static var replaces: Bool { true }
}

/// One point of a figure with its 95 % interval.
public struct FigurePointRecord: Codable, Hashable, Sendable {
  public var ablationId: String
  public var figure: String
  /// Order in the figure, from 0.
  public var position: Int
  public var series: String
  /// What the point is, such as "rl-cai" or "4 principles".
  public var label: String
  /// Nil where the figure has no numeric x.
  public var x: Double?
  public var xLow: Double?
  public var xHigh: Double?
  public var y: Double
  public var low: Double?
  public var high: Double?
  /// Items behind the point, such as prompts (which are the same for every seed).
  public var n: Int
  /// The answers behind the point: JSON text of an array of objects with `run`
  /// (an id) and `system`.
  public var sources: String

  public init(
    ablationId: String, figure: String, position: Int, series: String, label: String,
    x: Double? = nil, xLow: Double? = nil, xHigh: Double? = nil, y: Double,
    low: Double? = nil, high: Double? = nil, n: Int, sources: String = "[]"
  ) {
    self.ablationId = ablationId
    self.figure = figure
    self.position = position
    self.series = series
    self.label = label
    self.x = x
    self.xLow = xLow
    self.xHigh = xHigh
    self.y = y
    self.low = low
    self.high = high
    self.n = n
    self.sources = sources
  }

  // SQLite keeps NaN as NULL.
  public init(from decoder: any Decoder) throws {
    let row = try decoder.container(keyedBy: CodingKeys.self)
    ablationId = try row.decode(String.self, forKey: .ablationId)
    figure = try row.decode(String.self, forKey: .figure)
    position = try row.decode(Int.self, forKey: .position)
    series = try row.decode(String.self, forKey: .series)
    label = try row.decode(String.self, forKey: .label)
    x = try row.decodeIfPresent(Double.self, forKey: .x)
    xLow = try row.decodeIfPresent(Double.self, forKey: .xLow)
    xHigh = try row.decodeIfPresent(Double.self, forKey: .xHigh)
    y = try row.decodeIfPresent(Double.self, forKey: .y) ?? .nan
    low = try row.decodeIfPresent(Double.self, forKey: .low)
    high = try row.decodeIfPresent(Double.self, forKey: .high)
    n = try row.decode(Int.self, forKey: .n)
    sources = try row.decode(String.self, forKey: .sources)
  }
}

extension FigurePointRecord: TableRecordValue {
  static var table: String { "figurePoint" }
  static var replaces: Bool { true }
}

/// Whether a claim held.
public enum Verdict: String, Codable, Sendable, CaseIterable {
  /// The interval lies on the claimed side.
  case holds
  /// The interval lies on the other side.
  case contradicted
  /// The interval holds both.
  case undecided

  /// Of the claim that a value lies below `bound`, by the value's interval.
  public init(below bound: Double, low: Double, high: Double) {
    self = high < bound ? .holds : low > bound ? .contradicted : .undecided
  }
}

/// A claim of an ablation, the measured quantity that decides it, and the verdict.
public struct FindingRecord: Codable, Hashable, Sendable {
  public var ablationId: String
  /// Order in the ablation, from 0.
  public var position: Int
  public var claim: String
  public var verdict: Verdict
  /// What `value` is, such as "harmfulness, rl-cai minus sl-cai".
  public var quantity: String
  public var value: Double
  public var low: Double
  public var high: Double
  /// Items behind the value.
  public var n: Int
  /// Two-sided, from the bootstrap; nil where none was asked for.
  public var pValue: Double?
  /// The same after correction over the ablation's findings of one family.
  public var adjusted: Double?

  public init(
    ablationId: String, position: Int, claim: String, verdict: Verdict, quantity: String,
    value: Double, low: Double, high: Double, n: Int, pValue: Double? = nil,
    adjusted: Double? = nil
  ) {
    self.ablationId = ablationId
    self.position = position
    self.claim = claim
    self.verdict = verdict
    self.quantity = quantity
    self.value = value
    self.low = low
    self.high = high
    self.n = n
    self.pValue = pValue
    self.adjusted = adjusted
  }

  // SQLite keeps NaN as NULL.
  public init(from decoder: any Decoder) throws {
    let row = try decoder.container(keyedBy: CodingKeys.self)
    ablationId = try row.decode(String.self, forKey: .ablationId)
    position = try row.decode(Int.self, forKey: .position)
    claim = try row.decode(String.self, forKey: .claim)
    verdict = try row.decode(Verdict.self, forKey: .verdict)
    quantity = try row.decode(String.self, forKey: .quantity)
    value = try row.decodeIfPresent(Double.self, forKey: .value) ?? .nan
    low = try row.decodeIfPresent(Double.self, forKey: .low) ?? .nan
    high = try row.decodeIfPresent(Double.self, forKey: .high) ?? .nan
    n = try row.decode(Int.self, forKey: .n)
    pValue = try row.decodeIfPresent(Double.self, forKey: .pValue)
    adjusted = try row.decodeIfPresent(Double.self, forKey: .adjusted)
  }
}

extension FindingRecord: TableRecordValue {
  static var table: String { "finding" }
  static var replaces: Bool { true }
}
