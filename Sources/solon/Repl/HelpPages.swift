import LuaHost

/// The text of `:help`, made from the definitions of commands and functions.
struct HelpPages {
  let library: ReplLibrary
  let vm: LuaVM
  let style: TextStyle
  /// Columns.
  let width: Int

  /// The overview for an empty topic, else the page of what the topic names.
  func page(_ topic: String) throws(ReplError) -> String {
    if topic.isEmpty { return overview }
    let bare = topic.hasPrefix(":") ? String(topic.dropFirst()) : topic
    if let command = ReplCommand(rawValue: bare),
      topic.hasPrefix(":") || vm.outline(at: [.field(bare)]) == nil
    {
      return "\(style.bold(command.usage))\n  \(command.summary)"
    }
    if let found = library.entries.first(where: { $0.name == topic }) {
      return page(of: found.spec, named: found.name)
    }
    if let object = library.objects.first(where: { $0.name == topic }) { return page(of: object) }
    return try page(ofValueAt: topic)
  }

  // MARK: Overview

  private var overview: String {
    var lines = [style.bold("Commands")]
    lines += table(ReplCommand.allCases.map { ($0.usage, $0.summary) })
    lines += ["", style.bold("Functions")]
    lines += table(library.functions.map { ($0.name, $0.summary) })
    for object in library.objects {
      lines += ["", style.bold(object.name) + "  " + object.summary]
      lines += table(object.methods.map { ("\(object.name):\($0.name)", $0.summary) })
    }
    lines += [
      "", "An expression prints its values; a global keeps what is assigned to it, a local",
      "ends with its line. Tab completes names, Ctrl-C ends what is running.",
    ]
    return lines.joined(separator: "\n")
  }

  private func table(_ rows: [(String, String)]) -> [String] {
    let longest = rows.map(\.0.count).max() ?? 0
    return rows.flatMap { name, text in
      wrapped(
        text, after: "  " + name + String(repeating: " ", count: longest - name.count + 2),
        indent: longest + 4)
    }
  }

  /// The text set into lines after `start`, the later ones indented.
  private func wrapped(_ text: String, after start: String, indent: Int) -> [String] {
    var lines: [String] = []
    var line = start
    var isFresh = true
    for word in text.split(separator: " ") {
      if !isFresh, line.count + 1 + word.count > width {
        lines.append(line)
        line = String(repeating: " ", count: indent) + word
      } else {
        line += (isFresh ? "" : " ") + word
      }
      isFresh = false
    }
    return lines + [line]
  }

  // MARK: Pages

  private func page(of object: ObjectSpec) -> String {
    ([style.bold(object.name), "  " + object.summary]
      + table(object.methods.map { ("\(object.name):\($0.name)", $0.summary) }))
      .joined(separator: "\n")
  }

  private func page(of spec: FunctionSpec, named name: String) -> String {
    var signature = spec
    signature.name = name
    var lines = [
      style.bold(signature.signature) + (spec.result.map { " -> \($0.annotation)" } ?? "")
    ]
    if !spec.summary.isEmpty { lines += wrapped(spec.summary, after: "  ", indent: 2) }
    if !spec.parameters.isEmpty { lines += ["", "  parameters"] }
    for parameter in spec.parameters {
      lines += wrapped(
        description(of: parameter), after: "    \(parameter.name): ", indent: 6)
      if case .record(let schema) = parameter.type { lines += fields(of: schema, indent: 6) }
    }
    if let result = spec.result {
      let unit = result.unit.map { " (\($0))" } ?? ""
      let doc = result.doc.isEmpty ? "" : " — \(result.doc)"
      lines += [""] + wrapped("\(result.annotation)\(unit)\(doc)", after: "  returns ", indent: 4)
    }
    lines += ["", "  since API level \(spec.since)"]
    if !spec.example.isEmpty {
      lines += ["", "  example"]
      lines += spec.example.split(separator: "\n", omittingEmptySubsequences: false)
        .map { "    \($0)" }
    }
    return lines.joined(separator: "\n")
  }

  private func description(of parameter: Parameter) -> String {
    var text = typeText(parameter.type)
    if let range = parameter.range {
      text +=
        " in [\(printer.line(.number(range.lowerBound), room: 40)), "
        + "\(printer.line(.number(range.upperBound), room: 40))]"
    }
    if let unit = parameter.unit { text += ", \(unit)" }
    if parameter.variadic {
      text += ", any number of them"
    } else if let value = parameter.defaultValue {
      text += ", default \(printer.line(value, room: 40))"
    } else if parameter.optional {
      text += ", optional"
    }
    return parameter.doc.isEmpty ? text : "\(text) — \(parameter.doc)"
  }

  private func fields(of schema: Schema, indent: Int) -> [String] {
    schema.fields.flatMap { field -> [String] in
      var text = typeText(field.type)
      if let unit = field.unit { text += ", \(unit)" }
      switch field.presence {
      case .required: text += ", required"
      case .optional: text += ", optional"
      case .default(let value): text += ", default \(printer.line(value, room: 40))"
      }
      if !field.doc.isEmpty { text += " — \(field.doc)" }
      let lines = wrapped(
        text, after: String(repeating: " ", count: indent) + "\(field.name): ",
        indent: indent + 2)
      guard case .record(let inner) = field.type else { return lines }
      return lines + fields(of: inner, indent: indent + 2)
    }
  }

  private func typeText(_ type: FieldType) -> String {
    type.rangeDescription.map { text in
      text.hasPrefix("[") ? "\(type.name) in \(text)" : "\(type.name) \(text)"
    } ?? type.name
  }

  private var printer: PrettyPrinter { PrettyPrinter() }

  // MARK: Values

  /// A topic that is no definition's name: a variable that holds an object, one
  /// of Lua's own functions, or a mistake.
  private func page(ofValueAt topic: String) throws(ReplError) -> String {
    if let request = CompletionRequest.path(topic), let outline = vm.outline(at: request) {
      let parent = Array(request.dropLast())
      if let last = request.last, case .field(let method) = last, !parent.isEmpty,
        let owner = vm.outline(at: parent)
      {
        let name = "\(owner.typeName):\(method)"
        if let found = library.entries.first(where: { $0.name == name }) {
          return page(of: found.spec, named: name)
        }
      }
      if let object = library.objects.first(where: { $0.name == outline.typeName }) {
        return page(of: object)
      }
      let base = topic.prefix { $0 != "." && $0 != ":" }
      if ["string", "table", "math", "utf8"].contains(base) || outline.typeName == "function" {
        return "\(topic) is a \(outline.typeName) of Lua or of a script, with no page of its own; "
          + "Lua's are in https://www.lua.org/manual/5.4/"
      }
      let names = outline.names.isEmpty ? "" : " with \(outline.names.joined(separator: ", "))"
      return "\(topic) is a \(outline.typeName)\(names)"
    }
    let known =
      library.entries.map(\.name) + library.objects.map(\.name)
      + ReplCommand.allCases.map(\.rawValue)
    let near = nearest(topic, known)
    throw ReplError(
      "there is no help on '\(topic)'"
        + (near.map { " — did you mean '\($0)'?" } ?? " — :help lists what there is"))
  }

  /// Also finds `jsonl` for `solon.jsonl`.
  private func nearest(_ topic: String, _ known: [String]) -> String? {
    if let near = suggestion(for: topic, among: known) { return near }
    let last = known.map { name in
      String(name.split(whereSeparator: { $0 == "." || $0 == ":" }).last ?? "")
    }
    if let index = last.firstIndex(of: topic) { return known[index] }
    return suggestion(for: topic, among: last).flatMap { last.firstIndex(of: $0) }.map { known[$0] }
  }
}
