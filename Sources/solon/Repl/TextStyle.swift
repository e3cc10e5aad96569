import Foundation

/// Emphasis in a terminal's text; none where the output is no terminal, where
/// the terminal cannot, or where `NO_COLOR` asks for none.
struct TextStyle {
  let isEnabled: Bool

  static let plain = TextStyle(isEnabled: false)

  init(isEnabled: Bool) { self.isEnabled = isEnabled }

  init(descriptor: Int32) {
    let environment = ProcessInfo.processInfo.environment
    isEnabled =
      isatty(descriptor) == 1 && (environment["NO_COLOR"] ?? "").isEmpty
      && environment["TERM"] != "dumb"
  }

  func bold(_ text: String) -> String { wrap(text, "1") }
  func dim(_ text: String) -> String { wrap(text, "2") }
  func alarm(_ text: String) -> String { wrap(text, "31") }

  private func wrap(_ text: String, _ code: String) -> String {
    isEnabled ? "\u{1b}[\(code)m\(text)\u{1b}[0m" : text
  }
}
