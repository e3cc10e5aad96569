extension ScriptReference {
  /// The reference page, in Markdown: every function, object and table.
  ///
  /// - Parameter command: what writes the file, for its head line.
  public func page(writtenBy command: String) -> String {
    var lines = [
      "<!-- Written by `\(command)`; do not edit. -->",
      "# Reference of `\(namespace)`, script API level \(level)",
      "",
      "Arguments and fields are checked: an unknown name, a wrong type or a value out of range is",
      "an error with its path and line. `name?` may be left out.",
    ]
    for section in sections {
      lines += ["", "## \(section.title)", "", section.introduction]
      for function in section.functions { lines += entry(function, function.signature) }
      for object in section.objects {
        lines += ["", "### Object `\(object.name)`", "", object.summary]
        for method in object.methods {
          lines += entry(method, "\(object.name):\(method.signature)")
        }
      }
    }
    lines += ["", "## Tables", "", "The fields of every table above."]
    for schema in schemas { lines += table(schema) }
    return lines.joined(separator: "\n") + "\n"
  }

  private func entry(_ function: FunctionSpec, _ signature: String) -> [String] {
    var lines = ["", "### `\(signature)`", "", function.summary]
    if !function.parameters.isEmpty {
      lines += ["", "| argument | type | meaning |", "| --- | --- | --- |"]
      lines += function.parameters.map { parameter in
        row([
          "`\(parameter.name)\(parameter.optional ? "?" : "")`",
          "`\(parameter.type.annotation)`", parameter.description,
        ])
      }
    }
    if let result = function.result {
      let unit = result.unit.map { ", in \($0)" } ?? ""
      let doc = result.doc.isEmpty ? "" : ": \(result.doc)"
      lines += ["", "Returns `\(result.annotation)`\(doc)\(unit)."]
    }
    lines += ["", "Since level \(function.since)."]
    if !function.example.isEmpty { lines += ["", "```lua", function.example, "```"] }
    return lines
  }

  private func table(_ schema: Schema) -> [String] {
    [
      "", "### `\(schema.annotation)`", "", "| field | type | meaning |",
      "| --- | --- | --- |",
    ]
      + schema.fields.map { field in
        row([
          "`\(field.name)\(field.isOptional ? "?" : "")`", "`\(field.type.annotation)`",
          field.description,
        ])
      }
  }

  private func row(_ cells: [String]) -> String {
    let escaped = cells.map { $0.replacing("|", with: "\\|") }
    return "| \(escaped.joined(separator: " | ")) |"
  }
}
