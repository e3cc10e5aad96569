import CLuaHost
import Foundation

/// The Lua library this program is linked to.
public struct LuaRelease: Sendable {
  /// Such as `Lua 5.4.4`.
  public let name: String
  /// What it computes wrongly, one sentence each, and how to write around it.
  public let knownDefects: [String]

  /// Found by running small programs whose results are known, once.
  public static let current = LuaRelease(
    name: String(cString: lh_lua_release()),
    knownDefects: miscomputesConstants
      ? [
        "computes `1 ~ (2 or 3)` wrongly in functions with more than 256 constants "
          + "(mended in 5.4.5): put such an operand into a local variable"
      ] : [])

  /// Before 5.4.5, the compiler took the operand for the wrong constant.
  private static var miscomputesConstants: Bool {
    let constants = (1...257).map { "\($0).5" }.joined(separator: ", ")
    let machine = try? LuaVM(projectRoot: URL(fileURLWithPath: "/"))
    return (try? machine?.evaluate("local many = { \(constants) } return 1 ~ (2 or 3)"))
      != [.integer(3)]
  }
}
