extension ScriptReference {
  /// A LuaLS definition file: completion, hover and type checks in editors.
  ///
  /// - Parameter command: what writes the file, for its head line.
  public func editorTypes(writtenBy command: String) -> String {
    var lines = [
      "---@meta _",
      "-- Written by `\(command)`; do not edit. Editors with the Lua language server read it.",
      "error(\"this file describes \(namespace) to editors and cannot be run\")",
      "",
      "---@class \(namespace)",
      "\(namespace) = {}",
    ]
    var tables: Set<String> = []
    for section in sections {
      lines += ["", "-- \(section.title)"]
      for function in section.functions {
        let parent = function.name.split(separator: ".").dropLast().joined(separator: ".")
        if parent != namespace, tables.insert(parent).inserted {
          lines += ["", "---@class \(parent)", "\(parent) = {}"]
        }
        lines += [""] + declaration(function, "function \(function.name)")
      }
      for object in section.objects {
        lines += [
          "", "---\(object.summary)", "---@class \(namespace).\(object.name)",
          "local \(object.name) = {}",
        ]
        for method in object.methods {
          lines += [""] + declaration(method, "function \(object.name):\(method.name)")
        }
      }
    }
    for schema in schemas { lines += [""] + fields(schema) }
    return lines.joined(separator: "\n") + "\n"
  }

  private func declaration(_ function: FunctionSpec, _ head: String) -> [String] {
    var lines = ["---\(function.summary)"]
    if !function.example.isEmpty {
      lines += ["---", "---```lua"]
      lines += function.example.split(separator: "\n", omittingEmptySubsequences: false)
        .map { "---\($0)" }
      lines.append("---```")
    }
    for parameter in function.parameters {
      let name = parameter.variadic ? "..." : parameter.name + (parameter.optional ? "?" : "")
      lines.append(
        "---@param \(name) \(parameter.type.annotation) \(parameter.description)".trimmedEnd)
    }
    if let result = function.result {
      let unit = result.unit.map { "; in \($0)" } ?? ""
      lines.append("---@return \(result.annotation) # \(result.doc)\(unit)")
    }
    let names = function.parameters.map { $0.variadic ? "..." : $0.name }
    return lines + ["\(head)(\(names.joined(separator: ", "))) end"]
  }

  private func fields(_ schema: Schema) -> [String] {
    ["---@class \(schema.annotation)"]
      + schema.fields.map { field in
        // A name that is no identifier is written as a key.
        let name = field.name.contains(".") ? "[\"\(field.name)\"]" : field.name
        return
          "---@field \(name)\(field.isOptional ? "?" : "") \(field.type.annotation) \(field.description)"
          .trimmedEnd
      }
  }
}

extension String {
  fileprivate var trimmedEnd: String {
    var text = self
    while text.last == " " { text.removeLast() }
    return text
  }
}
