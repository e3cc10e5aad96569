/// Texts and tags of a page.
///
/// What comes from the record was written by models and scripts: it reaches the
/// page through `escaped` or `data` only.
enum HTML {
  /// The text as character data or the value of an attribute. Characters that no
  /// page may hold, or that change the direction of writing, are shown as escapes.
  static func escaped(_ text: some StringProtocol) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      case "\n", "\t": result.unicodeScalars.append(scalar)
      default:
        if TerminalText.isUnsafe(scalar) {
          result += TerminalText.escaped(String(scalar))
        } else {
          result.unicodeScalars.append(scalar)
        }
      }
    }
    return result
  }

  /// The text as a JSON string that may stand inside a script element.
  static func data(_ text: String) -> String {
    let digits = Array("0123456789abcdef")
    var result = "\""
    for scalar in TerminalText.escaped(text, keepsLines: true).unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      // Nothing that could end the element or open a comment in it.
      case "<", ">", "&", "\u{2028}", "\u{2029}", "\0"..<" ":
        let value = Int(scalar.value)
        result += "\\u" + [12, 8, 4, 0].map { String(digits[value >> $0 & 15]) }.joined()
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }

  /// A cell of a table: text, or HTML that is already fit for the page.
  enum Cell {
    case text(String)
    case number(String)
    case html(String)
  }

  /// A table with a heading for each column, and its first column as headings of
  /// the rows.
  static func table(_ caption: String, _ columns: [String], _ rows: [[Cell]]) -> String {
    var html = "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\""
    html += "\(escaped(caption))\"><table>\n<caption>\(escaped(caption))</caption>\n<thead><tr>"
    for (index, column) in columns.enumerated() {
      // A heading stands where its column's numbers do.
      var style = ""
      if let row = rows.first, index < row.count, case .number = row[index] {
        style = " class=\"number\""
      }
      html += "<th scope=\"col\"\(style)>\(escaped(column))</th>"
    }
    html += "</tr></thead>\n<tbody>\n"
    for row in rows {
      html += "<tr>"
      for (index, cell) in row.enumerated() {
        switch (cell, index) {
        case (.text(let text), 0): html += "<th scope=\"row\">\(escaped(text))</th>"
        case (.text(let text), _): html += "<td>\(escaped(text))</td>"
        case (.number(let text), _): html += "<td class=\"number\">\(escaped(text))</td>"
        case (.html(let text), _): html += "<td>\(text)</td>"
        }
      }
      html += "</tr>\n"
    }
    return html + "</tbody></table></div>\n"
  }

  /// A part of the page that opens on demand; its summary is plain text.
  static func details(_ summary: String, isOpen: Bool = false, _ content: String) -> String {
    "<details\(isOpen ? " open" : "")><summary>\(escaped(summary))</summary>\n\(content)"
      + "</details>\n"
  }

  static func section(_ id: String, _ title: String, _ content: String) -> String {
    "<section id=\"\(escaped(id))\" aria-labelledby=\"\(escaped(id))-title\">\n"
      + "<h2 id=\"\(escaped(id))-title\">\(escaped(title))</h2>\n\(content)</section>\n"
  }

  static func paragraph(_ text: String, class name: String? = nil) -> String {
    text.isEmpty ? "" : "<p\(name.map { " class=\"\($0)\"" } ?? "")>\(escaped(text))</p>\n"
  }
}
