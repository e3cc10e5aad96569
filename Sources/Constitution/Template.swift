public import LuaHost

/// A text with `{{placeholder}}` slots, written by a researcher, or a Lua
/// function that returns such a text.
///
/// Slots are filled once and what fills them is never scanned again: a prompt
/// that contains `{{critique}}` or the spelling of a special token stays
/// ordinary text.
public struct Template: Sendable {
  /// One stretch of a rendered template.
  public struct Piece: Sendable, Hashable {
    public var text: String
    /// True for text that filled a slot. Special tokens are recognised only
    /// in pieces that the template's author wrote.
    public var isData: Bool
  }

  enum Part: Sendable, Hashable {
    case literal(String)
    case slot(String)
  }

  /// The text as written.
  public let source: String
  let parts: [Part]

  /// The names of the slots, in order of first use.
  public var slots: [String] {
    var seen: [String] = []
    for case .slot(let name) in parts where !seen.contains(name) {
      seen.append(name)
    }
    return seen
  }

  /// Parses `source`. Throws when a slot is unclosed, empty, or not one of
  /// `allowed`.
  public init(
    _ source: String, allowed: [String], path: String,
    location: SourceLocation?
  ) throws(ScriptError) {
    func failure(_ message: String) -> ScriptError {
      ScriptError(
        "\(path): \(message)", at: location,
        path: path, reason: .schema)
    }
    var parts: [Part] = []
    var rest = Substring(source)
    while let open = rest.firstRange(of: "{{") {
      if open.lowerBound > rest.startIndex {
        parts.append(.literal(String(rest[..<open.lowerBound])))
      }
      guard let close = rest[open.upperBound...].firstRange(of: "}}") else {
        throw failure("a placeholder is opened with {{ and never closed")
      }
      let name = rest[open.upperBound..<close.lowerBound]
        .trimmingPrefix(while: \.isWhitespace)
      let trimmed = String(String(name.reversed()).trimmingPrefix(while: \.isWhitespace).reversed())
      guard allowed.contains(trimmed) else {
        let known = allowed.map { "{{\($0)}}" }.joined(separator: ", ")
        let hint = suggestion(for: trimmed, among: allowed).map { " (did you mean {{\($0)}}?)" }
        throw failure(
          "unknown placeholder {{\(trimmed)}}\(hint ?? ""); this template may use \(known)")
      }
      parts.append(.slot(trimmed))
      rest = rest[close.upperBound...]
    }
    if !rest.isEmpty { parts.append(.literal(String(rest))) }
    self.source = source
    self.parts = parts
  }

  /// Fills the slots. Every slot of the template must have a value.
  public func render(_ values: [String: String]) -> [Piece] {
    parts.map { part in
      switch part {
      case .literal(let text): return Piece(text: text, isData: false)
      case .slot(let name):
        guard let value = values[name] else {
          preconditionFailure("no value for slot \(name)")
        }
        return Piece(text: value, isData: true)
      }
    }
  }
}
