public import KeyedRandom
public import LuaHost

/// The functions of a constitution and its evaluator, called with plain values
/// and checked on return. Confined to the thread of its virtual machine.
///
/// Functions that a constitution leaves out have the plain meaning that each
/// method states.
public final class ScriptHooks {
  let vm: LuaVM
  public let constitution: Constitution
  let evaluator: Experiment.Evaluator?
  // Taken once, before the first call: a function that keeps a table of what it
  // saw would look like another function later.
  private var knownRewardFingerprint: String?
  private var principles: SharedPrinciples?

  /// Seconds spent inside scripts so far.
  public var seconds: Double { time / .seconds(1) }
  // A sum of durations: turning one into seconds costs as much as a short call.
  private var time = Duration.zero
  /// Calls of script functions so far.
  public private(set) var calls = 0

  /// Without an `evaluator`, nothing may be judged.
  public init(
    vm: LuaVM, constitution: Constitution, evaluator: Experiment.Evaluator? = nil
  ) {
    self.vm = vm
    self.constitution = constitution
    self.evaluator = evaluator
  }

  // MARK: Principles

  /// The principles as scripts see them: read-only tables that live in the
  /// machine and are handed to every call without being copied.
  struct SharedPrinciples {
    var revision: SharedValue
    var preference: SharedValue
    var byRevisionID: [String: SharedValue] = [:]
    var byPreferenceID: [String: SharedValue] = [:]
  }

  func sharedPrinciples() throws(ScriptError) -> SharedPrinciples {
    if let principles { return principles }
    let revision = constitution.revisionPrinciples
    let preference = constitution.preferencePrinciples
    var shared = SharedPrinciples(
      revision: try vm.share(.table(LuaTable(array: revision.map(\.luaValue)))),
      preference: try vm.share(.table(LuaTable(array: preference.map(\.luaValue)))))
    for principle in revision {
      shared.byRevisionID[principle.id] = try vm.share(principle.luaValue)
    }
    for principle in preference {
      shared.byPreferenceID[principle.id] = try vm.share(principle.luaValue)
    }
    principles = shared
    return shared
  }

  /// The principle for a prompt in a round: what `draw` returns, or a uniform
  /// draw.
  public func drawRevisionPrinciple(
    for prompt: Prompt, round: Int, key: RandomKey
  ) throws(ScriptError) -> RevisionPrinciple {
    let index = try draw(
      \.revision, constitution.revisionPrinciples.map(\.id), stage: "revise", prompt: prompt,
      round: round, key: key)
    return constitution.revisionPrinciples[index]
  }

  /// The principle for a pair: what `draw` returns, or a uniform draw.
  public func drawPreferencePrinciple(
    for prompt: Prompt, draw number: Int, key: RandomKey
  ) throws(ScriptError) -> PreferencePrinciple {
    let index = try draw(
      \.preference, constitution.preferencePrinciples.map(\.id), stage: "compare", prompt: prompt,
      round: number, key: key)
    return constitution.preferencePrinciples[index]
  }

  private func draw(
    _ list: KeyPath<SharedPrinciples, SharedValue>, _ ids: [String], stage: String,
    prompt: Prompt, round: Int, key: RandomKey
  ) throws(ScriptError) -> Int {
    guard let function = constitution.draw else {
      var generator = key.generator()
      return generator.index(below: ids.count)
    }
    let principles = try sharedPrinciples()[keyPath: list]
    let activity = Activity("\(stage) round", round, "prompt", prompt.id)
    let result = try call(function, 1, activity) { arguments throws(ScriptError) in
      try arguments.table(fields: 5)
      try arguments.field("principles", principles)
      try arguments.field("stage", stage)
      try arguments.field("round", round)
      try arguments.field("prompt", .table(prompt.row))
      try arguments.field("rng", ScriptRandom.object(key))
    }
    guard let id = result.tableValue?["id"].stringValue, let index = ids.firstIndex(of: id)
    else {
      throw failure(
        "draw: expected one of ctx.principles, got \(result.summary)", function, activity)
    }
    return index
  }

  // MARK: Templates

  /// Fills a template. A template that is a function is called with the
  /// values and returns the text to fill.
  public func render(
    _ name: TemplateName, _ values: [String: String], activity: Activity
  ) throws(ScriptError) -> [Template.Piece] {
    switch constitution.templates[name] {
    case .text(let template)?:
      return template.render(values)
    case .function(let function)?:
      var table = LuaTable()
      for (slot, value) in values.sorted(by: { $0.key < $1.key }) {
        table[slot] = .string(value)
      }
      let path = "templates.\(name.rawValue)"
      let result = try call(function, 1, activity) { arguments throws(ScriptError) in
        try arguments.value(.table(table))
      }
      guard let text = result.stringValue else {
        throw failure("\(path): expected a string, got \(result.summary)", function, activity)
      }
      // Text that was data must not become template: it is put in by its slot.
      for slot in name.slots {
        guard let value = values[slot], value.contains("{{"), text.contains(value) else { continue }
        throw failure(
          "\(path): the text holds the value of \(slot) itself, which would be read as a template "
            + "— return {{\(slot)}} in its place", function, activity)
      }
      let allowed = name.slots.filter { values[$0] != nil }
      return try Template(text, allowed: allowed, path: path, location: function.location)
        .render(values)
    case nil:
      throw ScriptError(
        "constitution '\(constitution.name)' has no templates.\(name.rawValue); add it",
        at: nil, path: "constitution.templates.\(name.rawValue)", reason: .schema)
    }
  }

  /// Changes exactly when the `reward` function, or what it refers to, does.
  public func rewardFingerprint() throws(ScriptError) -> String {
    guard let reward = constitution.reward else { return "score" }
    if let known = knownRewardFingerprint { return known }
    let fingerprint = try vm.fingerprint(of: reward)
    knownRewardFingerprint = fingerprint
    return fingerprint
  }

  // MARK: Calling

  func call(
    _ function: LuaFunction, _ count: Int, _ activity: Activity,
    write: (inout ArgumentWriter) throws(ScriptError) -> Void
  ) throws(ScriptError) -> LuaValue {
    let start = ContinuousClock.now
    defer {
      time += ContinuousClock.now - start
      calls += 1
    }
    return try vm.call(function, count: count, activity: activity, write: write)
  }

  func failure(
    _ message: String, _ function: LuaFunction, _ activity: Activity
  ) -> ScriptError {
    ScriptError(message, at: function.location, context: activity.description)
  }
}

extension RevisionPrinciple {
  var luaValue: LuaValue {
    [
      "id": .string(id), "tags": .table(LuaTable(array: tags.map { .string($0) })),
      "weight": .number(weight), "critique": .string(critique), "revision": .string(revision),
    ]
  }
}

extension PreferencePrinciple {
  var luaValue: LuaValue {
    [
      "id": .string(id), "tags": .table(LuaTable(array: tags.map { .string($0) })),
      "weight": .number(weight), "text": .string(text),
    ]
  }
}
