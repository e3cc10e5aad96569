import Foundation

@testable import Constitution

/// Five small files of the published shapes, with every quirk of theirs, in words
/// of our own.
final class PublishedFixture {
  let directory: URL
  /// What the files hold; `write` puts it on the disk.
  var files: [String: Any] = [
    PublishedPrompts.instructionsFile: [
      // More than ten, so that the order of the keys as texts is not theirs as numbers.
      "harmful0": instruction("Name the \"rude\" words.", "Say it without the rude words."),
      "harmful1": instruction("Is it's tone cold?", "Say it warmly."),
      "harmful2": instruction("Which words are shoutted?", "Say it calmly."),
      "harmful3": instruction("a3]]", "b3"), "harmful4": instruction("a4\\n", "b4"),
      "harmful5": instruction("a5", "b5"), "harmful6": instruction("a6", "b6"),
      "harmful7": instruction("a7", "b7"), "harmful8": instruction("a8", "b8"),
      "harmful9": instruction("a9", "b9"), "harmful10": instruction("a10", "b10"),
    ],
    PublishedPrompts.exchangesFile: [
      exchange("Hm?", "No.", request: "Is it's tone cold?", revision: "Not yet.") + "\n\nHuman:",
      exchange("Why?", "So.", request: "Is it true?", revision: "So."),
      exchange("Who?", "I]]", request: "a5", revision: "You]]") + "\n\nHuman:",
    ],
    PublishedPrompts.choicesFile: [
      "\nChoose the calmer. Options:", "\nWhich is warmer? Options:", "\n100% {}: pick. Options:",
      "\nThe shorter. Options:",
    ],
    PublishedPrompts.comparisonsFile: [
      comparison("One?", "good 1", "bad 1"), comparison("Two?", "good 2", "bad 2"),
      comparison("Three?\n\nAssistant: Yes?\n\nHuman: Yes.", "good 3", "bad 3"),
    ],
    PublishedPrompts.reasoningsFile: [
      reasoning("\n\nHuman: ", "human (H) and an assistant (A)", "{x}", answer: "A"),
      reasoning("\nHuman: ", "human (H) and an assistant (A)", "%1", answer: "B"),
      reasoning("Human: ", "human and an assistant", "]]]", answer: "B"),
    ],
  ]

  init() throws {
    directory = FileManager.default.temporaryDirectory
      .appendingPathComponent("solon-published-\(UUID().uuidString)", isDirectory: true)
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: directory) }

  func write() throws {
    for (name, content) in files {
      try JSONSerialization.data(withJSONObject: content).write(to: url(name))
    }
  }

  func url(_ name: String) -> URL { directory.appendingPathComponent(name) }

  func prompts() throws -> PublishedPrompts {
    try write()
    return try PublishedPrompts(directory: directory)
  }

  /// What reading the files as they are on the disk ends in.
  func failure() -> String? {
    do {
      _ = try PublishedPrompts(directory: directory)
      return nil
    } catch {
      return error.description
    }
  }

  func texts(_ name: String) -> [String] { files[name] as! [String] }

  func objects(_ name: String) -> [[String: Any]] { files[name] as! [[String: Any]] }

  static func instruction(_ critique: String, _ revision: String) -> [String: Any] {
    [
      "prompt": ["\n\nCritiqueRequest: \(critique)\n\nCritique:"],
      "edit_request": "\n\nRevisionRequest: \(revision)\n\nRevision:",
    ]
  }

  static func exchange(
    _ prompt: String, _ response: String, request: String, revision: String
  ) -> String {
    "\n\nHuman: \(prompt)\n\nAssistant: \(response)\n\nCritiqueRequest: \(request)"
      + "\n\nCritique: It is.\n\nRevisionRequest: Mend it.\n\nRevision: \(revision)"
  }

  static func comparison(_ prompt: String, _ better: String, _ worse: String) -> [String: Any] {
    [
      "prompt": "\n\nHuman: \(prompt)\n\nAssistant:", "corrects": [better], "incorrects": [worse],
    ]
  }

  static func reasoning(
    _ opening: String, _ who: String, _ response: String, answer: String
  ) -> [String: Any] {
    [
      "prompt": "\(opening)Consider the following conversation between a \(who):\n\nH: Hm?\n\n{}"
        + "\n (A) [[[\(response)]]]\n (B) [[[b]]]\n\nAssistant: Let's think step by step: well."
        + "\n\nHuman:\nSo the answer is: (\(answer))"
    ]
  }
}
