public import Foundation

/// How a run stands.
public enum RunStatus: String, Codable, Sendable, CaseIterable {
  case running, finished, failed
  /// Ended early on purpose, by the user or by a named stopping rule.
  case stopped
  /// Its process died without a word. Never stored: a row that says `running`
  /// is read as this when the process is gone.
  case interrupted
}

/// What the run was computed on.
public struct MachineRecord: Codable, Hashable, Sendable {
  public var cpu: String
  public var cores: Int
  /// Threads that the work was split over; results depend on it.
  public var lanes: Int
  /// The OpenBLAS kernel set, such as "SkylakeX"; results depend on it.
  public var blasCore: String
  public var blasVersion: String
  /// What matrix products are computed with, such as "avx512bf16"; nil in records
  /// that do not say.
  public var vectors: String?
  public var luaVersion: String
  public var toolVersion: String
  public var operatingSystem: String

  public init(
    cpu: String, cores: Int, lanes: Int, blasCore: String, blasVersion: String = "",
    vectors: String? = nil,
    luaVersion: String, toolVersion: String, operatingSystem: String = ""
  ) {
    self.cpu = cpu
    self.cores = cores
    self.lanes = lanes
    self.blasCore = blasCore
    self.blasVersion = blasVersion
    self.vectors = vectors
    self.luaVersion = luaVersion
    self.toolVersion = toolVersion
    self.operatingSystem = operatingSystem
  }
}

/// One bin of a calibration curve.
public struct CalibrationBin: Codable, Hashable, Sendable {
  /// Mean predicted probability of the pairs in the bin, in [0, 1].
  public var predicted: Double
  /// Mean label of the same pairs, in [0, 1].
  public var observed: Double
  public var n: Int

  public init(predicted: Double, observed: Double, n: Int) {
    self.predicted = predicted
    self.observed = observed
    self.n = n
  }
}

/// How well the preference model does on pairs it has not seen.
public struct PreferenceOutcome: Codable, Hashable, Sendable {
  /// Share of held-out pairs ranked as their label says, in [0, 1].
  public var accuracy: Double?
  /// Share of held-out answer pairs ordered as the evaluator orders them, among
  /// those that it does not call a tie, in [0, 1].
  public var agreement: Double?
  /// The same among pairs whose judged harm differs.
  public var agreementOnHarm: Double?
  /// Mean distance of predicted and observed, weighted by bin size, in [0, 1].
  public var calibrationError: Double?
  public var calibration: [CalibrationBin]
  public var trainingPairs: Int?
  public var heldOutPairs: Int?
  public var droppedPairs: Int?

  public init(
    accuracy: Double? = nil, agreement: Double? = nil,
    agreementOnHarm: Double? = nil, calibrationError: Double? = nil,
    calibration: [CalibrationBin] = [], trainingPairs: Int? = nil,
    heldOutPairs: Int? = nil, droppedPairs: Int? = nil
  ) {
    self.accuracy = accuracy
    self.agreement = agreement
    self.agreementOnHarm = agreementOnHarm
    self.calibrationError = calibrationError
    self.calibration = calibration
    self.trainingPairs = trainingPairs
    self.heldOutPairs = heldOutPairs
    self.droppedPairs = droppedPairs
  }
}

/// What there is to say about a run once it has ended.
public struct RunOutcome: Codable, Hashable, Sendable {
  /// Wall-clock seconds of the whole run.
  public var seconds: Double?
  /// Wall-clock seconds of them spent in Lua callbacks.
  public var luaSeconds: Double?
  public var preference: PreferenceOutcome?
  /// Why the run failed or stopped, in one line.
  public var reason: String?

  public init(
    seconds: Double? = nil, luaSeconds: Double? = nil, preference: PreferenceOutcome? = nil,
    reason: String? = nil
  ) {
    self.seconds = seconds
    self.luaSeconds = luaSeconds
    self.preference = preference
    self.reason = reason
  }
}

/// A run: one experiment, computed once from top to bottom.
public struct RunRecord: Codable, Hashable, Sendable, Identifiable {
  /// Short lower-case hexadecimal, unique in the store; given by
  /// `RunStore.begin`.
  public var id: String
  public var name: String
  public var seed: Int64
  public var status: RunStatus
  public var startedAt: Date
  public var finishedAt: Date?
  /// The command line that started it, as typed.
  public var command: String
  /// The resolved experiment as JSON text.
  public var experiment: String
  /// `--set` and its like, as given: "stages.ppo.iterations=5".
  public var overrides: [String]
  public var constitutionName: String
  public var constitutionVersion: Int
  /// SHA-256 of the constitution, hexadecimal.
  public var constitutionHash: String
  /// `--limit`: prompts of each set; nil for all. A run with a limit is a
  /// smoke test.
  public var limit: Int?
  public var machine: MachineRecord
  public var gitCommit: String?
  /// The ablation this run belongs to and its cell in it.
  public var ablation: String?
  public var variant: String?
  /// SHA-256 of everything that the run's results depend on; nil in records that
  /// do not say. A finished run with the same one need not be repeated.
  public var fingerprint: String?
  public var outcome: RunOutcome
  /// The process that computes the run; set by `RunStore.begin`.
  var processIdentifier = 0
  var processStarted = ""

  public init(
    name: String, seed: Int64, command: String, experiment: String,
    overrides: [String] = [], constitutionName: String, constitutionVersion: Int,
    constitutionHash: String, limit: Int? = nil, machine: MachineRecord,
    gitCommit: String? = nil, ablation: String? = nil, variant: String? = nil,
    fingerprint: String? = nil
  ) {
    id = ""
    self.name = name
    self.seed = seed
    status = .running
    startedAt = Date()
    self.command = command
    self.experiment = experiment
    self.overrides = overrides
    self.constitutionName = constitutionName
    self.constitutionVersion = constitutionVersion
    self.constitutionHash = constitutionHash
    self.limit = limit
    self.machine = machine
    self.gitCommit = gitCommit
    self.ablation = ablation
    self.variant = variant
    self.fingerprint = fingerprint
    outcome = RunOutcome()
  }
}

extension RunRecord {
  /// Ends the name of a run that stops before training, so that the experiment's
  /// name means whole runs.
  public static let sliceSuffix = " (slice)"
}

extension RunRecord: TableRecordValue {
  static var table: String { "run" }
  static var replaces: Bool { false }
}

/// The text of a script that a run read, so that the record stands alone.
public struct ScriptRecord: Codable, Hashable, Sendable {
  public var runId: String
  /// Path inside the project.
  public var path: String
  /// SHA-256 of the text, hexadecimal.
  public var sha256: String
  public var text: String

  public init(runId: String = "", path: String, sha256: String, text: String) {
    self.runId = runId
    self.path = path
    self.sha256 = sha256
    self.text = text
  }
}

extension ScriptRecord: TableRecordValue {
  static var table: String { "script" }
  static var replaces: Bool { true }

  func storable() -> ScriptRecord {
    var copy = self
    copy.text = text.withoutNUL
    return copy
  }
}

/// How a stage stands.
public enum StageStatus: String, Codable, Sendable, CaseIterable {
  case running, finished, failed, skipped
}

/// One stage of a run and what it cost.
public struct StageRecord: Codable, Hashable, Sendable {
  public var runId: String
  public var name: String
  /// Place in the pipeline, from 0.
  public var position: Int
  /// What the stage's result depends on, as SHA-256.
  public var fingerprint: String
  public var status: StageStatus
  /// Items done; the unit is the stage's own (samples, pairs, steps).
  public var items: Int
  /// Of the items, those taken from the memo and those computed now.
  public var reused: Int
  public var computed: Int
  public var modelCallsReused: Int
  public var modelCallsComputed: Int
  /// Wall-clock seconds, and those of them spent in Lua callbacks.
  public var seconds: Double
  public var luaSeconds: Double
  /// Anything more the stage wants to say, as JSON text of one object.
  public var detail: String?

  public init(
    runId: String, name: String, position: Int, fingerprint: String = "",
    status: StageStatus = .running, items: Int = 0, reused: Int = 0, computed: Int = 0,
    modelCallsReused: Int = 0, modelCallsComputed: Int = 0, seconds: Double = 0,
    luaSeconds: Double = 0, detail: String? = nil
  ) {
    self.runId = runId
    self.name = name
    self.position = position
    self.fingerprint = fingerprint
    self.status = status
    self.items = items
    self.reused = reused
    self.computed = computed
    self.modelCallsReused = modelCallsReused
    self.modelCallsComputed = modelCallsComputed
    self.seconds = seconds
    self.luaSeconds = luaSeconds
    self.detail = detail
  }
}

extension StageRecord: TableRecordValue {
  static var table: String { "stage" }
  static var replaces: Bool { true }
}
