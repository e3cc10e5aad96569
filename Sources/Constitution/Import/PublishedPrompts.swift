public import Foundation

/// The prompts published with the Constitutional AI paper (Bai et al., 2022),
/// read from their five files with nothing in them changed.
public struct PublishedPrompts: Sendable {
  public var revisionPrinciples: [RevisionPrinciple]
  public var preferencePrinciples: [PreferencePrinciple]
  public var exchanges: [Exchange]
  public var comparisons: [Comparison]
  public var reasonings: [Reasoning]

  /// A prompt with a better and a worse response.
  public struct Comparison: Sendable {
    /// From `"\n\nHuman: "` to `"\n\nAssistant:"`.
    public var prompt: String
    public var better: String
    public var worse: String
  }

  static let instructionsFile = "CritiqueRevisionInstructions.json"
  static let exchangesFile = "CritiqueRevisionFewShotPrompts.json"
  static let choicesFile = "RLMadisonInstructions.json"
  static let comparisonsFile = "RLMadisonFewShotPrompts.json"
  static let reasoningsFile = "RLMadisonPrecogFewShotPrompts.json"

  /// The names of the files in the order in which they are read.
  public static let fileNames = [
    instructionsFile, exchangesFile, choicesFile, comparisonsFile, reasoningsFile,
  ]

  /// Reads the five files of `directory`.
  public init(directory: URL) throws(ImportError) {
    let missing = Self.fileNames.filter {
      !FileManager.default.fileExists(atPath: directory.appendingPathComponent($0).path)
    }
    guard missing.isEmpty else {
      throw ImportError(
        "\(directory.path): has no \(missing.joined(separator: ", ")) — give a directory with all "
          + "five of \(Self.fileNames.joined(separator: ", ")), such as `prompts` of "
          + "github.com/anthropics/ConstitutionalHarmlessnessPaper")
    }
    revisionPrinciples = try Self.instructions(.init(Self.instructionsFile, in: directory))
    exchanges = try Self.texts(.init(Self.exchangesFile, in: directory), Exchange.init)
    preferencePrinciples = try Self.choices(.init(Self.choicesFile, in: directory))
    comparisons = try Self.comparisons(.init(Self.comparisonsFile, in: directory))
    reasonings = try Self.texts(
      .init(Self.reasoningsFile, in: directory), field: "prompt", Reasoning.init)
  }

  /// `{"harmful0": {"prompt": [critique], "edit_request": revision}, …}`, in the
  /// order of the numbers.
  private static func instructions(
    _ file: PublishedFile
  ) throws(ImportError) -> [RevisionPrinciple] {
    guard let object = file.json as? [String: Any], !object.isEmpty else {
      throw ImportError("\(file.name): expected an object with the keys harmful0, harmful1, …")
    }
    let keys = (0..<object.count).map { "harmful\($0)" }
    let unexpected = object.keys.sorted().filter { !keys.contains($0) }
    if let key = unexpected.first, let gap = keys.first(where: { object[$0] == nil }) {
      throw ImportError(
        "\(file.name): has the key \(shown(key)) but no \"\(gap)\" — the keys of "
          + "\(object.count) entries are harmful0 to harmful\(object.count - 1), without a gap")
    }
    var principles: [RevisionPrinciple] = []
    for key in keys {
      let entry = try file.object(object[key]!, fields: ["prompt", "edit_request"], entry: key)
      let (critique, revision) = ("\(key).prompt", "\(key).edit_request")
      principles.append(
        RevisionPrinciple(
          id: key, tags: [], weight: 1,
          critique: try file.sentence(
            in: .critique, try file.onlyText(entry["prompt"]!, entry: critique), entry: critique),
          revision: try file.sentence(
            in: .revision, try file.text(entry["edit_request"]!, entry: revision),
            entry: revision)))
    }
    return principles
  }

  /// `[text, …]`; they have no names, so they are numbered from 0 as the revision
  /// principles are.
  private static func choices(_ file: PublishedFile) throws(ImportError) -> [PreferencePrinciple] {
    var principles: [PreferencePrinciple] = []
    for (index, value) in try file.list().enumerated() {
      let entry = "entry \(index + 1)"
      let text = try file.text(value, entry: entry)
      principles.append(
        PreferencePrinciple(
          id: "preference\(index)", tags: [], weight: 1,
          text: try file.sentence(in: .choice, text, entry: entry)))
    }
    return principles
  }

  /// `[{"prompt": text, "corrects": [text], "incorrects": [text]}, …]`
  private static func comparisons(_ file: PublishedFile) throws(ImportError) -> [Comparison] {
    var comparisons: [Comparison] = []
    for (index, value) in try file.list().enumerated() {
      let name = "entry \(index + 1)"
      let entry = try file.object(
        value, fields: ["prompt", "corrects", "incorrects"], entry: name)
      let prompt = try file.text(entry["prompt"]!, entry: "\(name).prompt")
      guard prompt.utf8.starts(with: "\n\nHuman: ".utf8), prompt.hasUTF8Suffix("\n\nAssistant:")
      else {
        throw file.failure(
          "\(name).prompt",
          #"expected a text from "\n\nHuman: " to "\n\nAssistant:", got "# + shown(prompt))
      }
      comparisons.append(
        Comparison(
          prompt: prompt,
          better: try file.onlyText(entry["corrects"]!, entry: "\(name).corrects"),
          worse: try file.onlyText(entry["incorrects"]!, entry: "\(name).incorrects")))
    }
    return comparisons
  }

  /// `[text, …]`, or a list of objects with the text in their only field.
  private static func texts<Text>(
    _ file: PublishedFile, field: String? = nil, _ read: (String) throws(ImportError) -> Text
  ) throws(ImportError) -> [Text] {
    var texts: [Text] = []
    for (index, value) in try file.list().enumerated() {
      var (value, entry) = (value, "entry \(index + 1)")
      if let field {
        value = try file.object(value, fields: [field], entry: entry)[field]!
        entry += ".\(field)"
      }
      let text = try file.text(value, entry: entry)
      do throws(ImportError) {
        texts.append(try read(text))
      } catch {
        throw file.failure(entry, error.description)
      }
    }
    return texts
  }
}

extension PublishedFile {
  fileprivate func sentence(
    in frame: Frame, _ text: String, entry: String
  ) throws(ImportError) -> String {
    guard let sentence = frame.sentence(of: text) else {
      throw failure(
        entry,
        "expected a text between \(shown(frame.opening)) and \(shown(frame.closing)), got "
          + shown(text))
    }
    return sentence
  }
}
