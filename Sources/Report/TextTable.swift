/// A table of plain text: a line of headings, a rule, and rows, with columns
/// two spaces apart.
public struct TextTable: Sendable {
  public enum Alignment: Sendable {
    case left, right
  }

  /// One column. Numbers go to the right, so that their places line up.
  public struct Column: Sendable {
    public var title: String
    public var alignment: Alignment

    public init(_ title: String, _ alignment: Alignment = .right) {
      self.title = title
      self.alignment = alignment
    }
  }

  public var columns: [Column]
  public private(set) var rows: [[String]] = []

  public init(_ columns: [Column]) {
    self.columns = columns
  }

  /// Adds a row; it must have one cell for each column.
  public mutating func append(_ cells: [String]) {
    precondition(cells.count == columns.count, "a row has one cell for each column")
    rows.append(cells)
  }

  /// The table as text, each line ended by a line feed.
  ///
  /// Columns that do not fit into `width` go into a further table below, which
  /// starts with the first column again. No line ends in spaces.
  public func text(width: Int) -> String {
    let titles = columns.map { TerminalText.escaped($0.title) }
    let cells = rows.map { $0.map { TerminalText.escaped($0) } }
    let widths = columns.indices.map { column in
      ([titles] + cells).map { TerminalText.width($0[column]) }.max() ?? 0
    }
    return blocks(widths, width: width).map { block in
      var lines = [line(titles, block, widths)]
      let rule = block.map { String(repeating: "-", count: widths[$0]) }
      lines.append(rule.joined(separator: "  "))
      lines += cells.map { line($0, block, widths) }
      return lines.map { $0 + "\n" }.joined()
    }.joined(separator: "\n")
  }

  /// The columns of each table that is printed.
  private func blocks(_ widths: [Int], width: Int) -> [[Int]] {
    guard let first = widths.first else { return [] }
    var blocks: [[Int]] = []
    var block = [0]
    var used = first
    for column in widths.indices.dropFirst() {
      if block.count > 1, used + 2 + widths[column] > width {
        blocks.append(block)
        block = [0]
        used = first
      }
      block.append(column)
      used += 2 + widths[column]
    }
    return blocks + [block]
  }

  private func line(_ cells: [String], _ block: [Int], _ widths: [Int]) -> String {
    var text = block.map { column in
      pad(cells[column], to: widths[column], columns[column].alignment)
    }.joined(separator: "  ")
    while text.last == " " { text.removeLast() }
    return text
  }
}

/// The text with spaces added up to `width` columns.
func pad(_ text: String, to width: Int, _ alignment: TextTable.Alignment) -> String {
  let spaces = String(repeating: " ", count: max(0, width - TerminalText.width(text)))
  return alignment == .left ? text + spaces : spaces + text
}
