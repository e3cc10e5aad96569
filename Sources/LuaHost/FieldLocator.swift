/// Finds the line of a script on which a field of a table is written.
///
/// A value has forgotten the line of each of its fields. What is known is the
/// line of the constructor's call (`solon.experiment {`). From there the text
/// is read as Lua tokens and the path followed through nested braces: a field
/// matches where an entry begins with `name =` or `["name"] =`, an element is
/// counted by commas. The search goes as deep as the text shows the path and
/// stops where a value is built in another way, at the last line it could
/// follow. When even the first step is not found, the call's line is all there
/// is, unless the last name of the path is written as `name =` exactly once
/// after it.
enum FieldLocator {
  static func line(
    of steps: [FieldStep], after line: Int, in text: String
  ) -> Int? {
    guard !steps.isEmpty else { return nil }
    var lexer = LuaLexer(text, from: line)
    let tokens = lexer.tokens()
    // The constructor's brace stands on the line of the call or the next one.
    if let brace = tokens.firstIndex(where: { $0.kind == .symbol("{") }),
      tokens[brace].line <= line + 1,
      let found = follow(steps[...], tokens, from: brace)
    {
      return found
    }
    guard case .field(let name)? = steps.last else { return nil }
    let written = tokens.indices.filter {
      tokens[$0].kind == .name(name) && isAssignment(tokens, $0 + 1)
    }
    return written.count == 1 ? tokens[written[0]].line : nil
  }

  private typealias Tokens = [LuaLexer.Token]

  private static func isAssignment(_ tokens: Tokens, _ index: Int) -> Bool {
    index < tokens.count && tokens[index].kind == .symbol("=")
  }

  /// Follows the path through the constructor whose brace is at `brace`.
  private static func follow(
    _ steps: ArraySlice<FieldStep>, _ tokens: Tokens, from brace: Int
  ) -> Int? {
    guard let step = steps.first else { return nil }
    var position = brace + 1
    var elements = 0
    while position < tokens.count, tokens[position].kind != .symbol("}") {
      let start = position
      var key: String?
      if case .name(let name) = tokens[position].kind,
        isAssignment(tokens, position + 1)
      {
        key = name
        position += 2
      } else if tokens[position].kind == .symbol("["),
        position + 2 < tokens.count,
        case .string(let name) = tokens[position + 1].kind,
        isAssignment(tokens, position + 3)
      {
        key = name
        position += 4
      } else {
        elements += 1
      }
      let end = endOfValue(tokens, from: position)
      let matches =
        switch step {
        case .field(let name): key == name
        case .element(let number): key == nil && elements == number
        }
      if matches {
        let line = tokens[start].line
        let rest = steps.dropFirst()
        if rest.isEmpty { return line }
        let inner = tokens[position..<end].firstIndex {
          $0.kind == .symbol("{")
        }
        return inner.flatMap { follow(rest, tokens, from: $0) } ?? line
      }
      position = end
      if position < tokens.count,
        tokens[position].kind == .symbol(",")
          || tokens[position].kind == .symbol(";")
      {
        position += 1
      }
    }
    return nil
  }

  /// The index of the separator or brace that ends the value at `start`.
  private static func endOfValue(_ tokens: Tokens, from start: Int) -> Int {
    var depth = 0
    var position = start
    while position < tokens.count {
      switch tokens[position].kind {
      case .symbol("{"), .symbol("("), .symbol("["): depth += 1
      case .symbol("}"), .symbol(")"), .symbol("]"):
        if depth == 0 { return position }
        depth -= 1
      case .symbol(","), .symbol(";"):
        if depth == 0 { return position }
      case .name("function"), .name("if"), .name("do"), .name("repeat"):
        depth += 1
      case .name("end"), .name("until"):
        depth -= 1
      default: break
      }
      position += 1
    }
    return position
  }
}
