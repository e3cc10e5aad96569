import Crypto
import Foundation
public import LuaHost

/// What a constitution file returns: two lists of principles, the texts that
/// put them to the model, and the functions that decide what to do with the
/// answers.
public struct Constitution: Sendable {
  public var name: String
  public var version: Int
  public var revisionPrinciples: [RevisionPrinciple]
  public var preferencePrinciples: [PreferencePrinciple]
  /// Few-shot texts by template name, in order.
  public var exemplars: [TemplateName: [String]]
  public var templates: [TemplateName: TemplateSource]
  /// Texts that end an answer to a template, for models that mark no end.
  public var stop: [String]
  /// Chooses the principle for an item; uniform when absent.
  public var draw: LuaFunction?
  /// Whether a revision enters fine-tuning; all do when absent.
  public var keep: LuaFunction?
  /// Votes to a soft label; the mean of the votes when absent.
  public var label: LuaFunction?
  /// Reward shaping; the preference model's score when absent.
  public var reward: LuaFunction?

  /// A template as written: a text, or a function that returns one.
  public enum TemplateSource: Sendable {
    case text(Template)
    case function(LuaFunction)
  }

  /// Builds the constitution from a table that `solon.constitution` made.
  public init(_ table: LuaTable) throws(ScriptError) {
    precondition(table.kind == "constitution", "not a constitution table")
    // Again, since an override may have changed a field after the first check.
    let table = try ConstitutionSchema.constitution.validate(table, path: "constitution")
    func failure(_ path: String, _ steps: [FieldStep], _ message: String) -> ScriptError {
      ScriptError(
        "constitution.\(path): \(message)", at: table.location?.ofPart(steps),
        path: "constitution.\(path)", reason: .schema)
    }
    name = table.text("name")
    version = table.int("version")
    revisionPrinciples = table.tables("revision_principles").map {
      RevisionPrinciple(
        id: $0.text("id"), tags: $0.texts("tags"), weight: $0.real("weight"),
        critique: $0.text("critique"), revision: $0.text("revision"))
    }
    preferencePrinciples = table.tables("preference_principles").map {
      PreferencePrinciple(
        id: $0.text("id"), tags: $0.texts("tags"), weight: $0.real("weight"),
        text: $0.text("text"))
    }
    for (list, ids) in [
      ("revision_principles", revisionPrinciples.map(\.id)),
      ("preference_principles", preferencePrinciples.map(\.id)),
    ] {
      if ids.isEmpty {
        throw failure(list, [.field(list)], "expected at least one principle, got none")
      }
      var firstIndex: [String: Int] = [:]
      for (index, id) in ids.enumerated() {
        if let first = firstIndex[id] {
          throw failure(
            "\(list)[\(index + 1)].id",
            [.field(list), .element(index + 1), .field("id")],
            "'\(id)' is already the id of [\(first + 1)]; ids must differ")
        }
        firstIndex[id] = index
      }
    }

    exemplars = [:]
    if let given = table.optionalTable("exemplars") {
      for name in TemplateName.allCases where !given.texts(name.rawValue).isEmpty {
        exemplars[name] = given.texts(name.rawValue)
      }
    }

    stop = table.texts("stop")
    templates = [:]
    let given = table.table("templates")
    for name in TemplateName.allCases {
      switch given.fields[name.rawValue] {
      case .string(let text)?:
        templates[name] = .text(
          try Template(
            text, allowed: name.slots, path: "constitution.templates.\(name.rawValue)",
            location: table.location?.ofPart([.field("templates"), .field(name.rawValue)])))
      case .function(let function)?:
        templates[name] = .function(function)
      default:
        break
      }
    }
    if (templates[.compareReason] == nil) != (templates[.compareAnswer] == nil) {
      throw failure(
        "templates", [.field("templates")],
        "compare_cot and compare_cot_answer belong together; one is missing")
    }
    draw = table.optionalFunction("draw")
    keep = table.optionalFunction("keep")
    label = table.optionalFunction("label")
    reward = table.optionalFunction("reward")
  }
}

extension Constitution {
  /// The few-shot texts that stand before a template, as the author wrote them.
  /// The choice after reasoning is asked under the texts of the reasoning.
  public func prefix(of name: TemplateName) -> [Template.Piece] {
    (exemplars[name == .compareAnswer ? .compareReason : name] ?? []).map {
      Template.Piece(text: $0, isData: false)
    }
  }

  /// SHA-256 of the constitution's words, 64 hexadecimal digits: principles,
  /// templates and exemplars. Functions are recorded with their scripts.
  public var contentHash: String {
    var hasher = SHA256()
    func add(_ text: String) {
      hasher.update(data: Data("\(text.utf8.count):\(text)".utf8))
    }
    add(name)
    add(String(version))
    for principle in revisionPrinciples {
      for text in [principle.id, principle.critique, principle.revision] { add(text) }
    }
    for principle in preferencePrinciples {
      for text in [principle.id, principle.text] { add(text) }
    }
    for name in TemplateName.allCases {
      for text in exemplars[name] ?? [] { add(text) }
      if case .text(let template)? = templates[name] { add(template.source) }
    }
    return hasher.finalize().map { byte in
      String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
    }.joined()
  }
}
