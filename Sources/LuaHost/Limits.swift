/// What scripts may use. All limits but the time are exact and do not depend on
/// the machine, so a script that is stopped is stopped everywhere at the same
/// instruction, give or take `Limits.instructionStep`.
public struct Limits: Sendable, Hashable {
  /// Virtual machine instructions one outermost `call` may execute. Library
  /// functions and copies charge in proportion to the bytes, elements or
  /// comparisons they take.
  public var instructionsPerCall: Int
  /// The same, for `load` and `evaluate`.
  public var loadInstructions: Int
  /// Bytes the state may hold, everything counted.
  public var memoryBytes: Int
  /// Bytes a script file may have.
  public var scriptBytes: Int
  /// Tables and scalars one conversion to `LuaValue` may visit.
  public var maximumNodes: Int
  /// Bytes one string may have, however it is made.
  public var stringBytes: Int
  /// Bytes `print` passes on in one outermost call; the rest is dropped after a
  /// notice.
  public var printBytes: Int
  /// Seconds one outermost call may spend inside Lua, on a machine with a
  /// `Watchdog`: for what takes time but few instructions, such as comparing
  /// long strings.
  public var secondsPerCall: Double

  /// Instructions between two looks at the budget.
  public static let instructionStep = 1000
  /// Levels of nested tables a conversion accepts.
  public static let maximumDepth = 16
  /// Calls from a script to the host to a script that may be open at once.
  public static let maximumNesting = 16

  public init(
    instructionsPerCall: Int = 10_000_000,
    loadInstructions: Int = 100_000_000,
    memoryBytes: Int = 256 << 20, scriptBytes: Int = 1 << 20,
    maximumNodes: Int = 1_000_000, stringBytes: Int = 1 << 20,
    printBytes: Int = 64 << 10, secondsPerCall: Double = 10
  ) {
    self.instructionsPerCall = instructionsPerCall
    self.loadInstructions = loadInstructions
    self.memoryBytes = memoryBytes
    self.scriptBytes = scriptBytes
    self.maximumNodes = maximumNodes
    self.stringBytes = stringBytes
    self.printBytes = printBytes
    self.secondsPerCall = secondsPerCall
  }
}
