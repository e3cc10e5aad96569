import Constitution
import KeyedRandom
import LuaHost
import Stages

extension SessionLibrary {
  private static let prompt = Field("prompt", .nonEmptyString, .required, "what the user says")
  private static let response = Field("response", .string, .required, "what is criticised")
  private static let revisionPrinciple = Field(
    "principle", .nonEmptyString, .required, "the id of a revision principle")
  private static let reviewSampling: [Field] = [
    .init("temperature", temperature, .default(1.0), "0 takes the likeliest token each time"),
    .init("max_tokens", tokens, .default(96), "longest critique or revision"),
    seed,
  ]

  // MARK: Critique and revision

  private static let critiqueQuestion = Schema(
    name: "critique question",
    fields: [prompt, response, revisionPrinciple] + reviewSampling)

  var critique: FunctionSpec {
    FunctionSpec(
      name: "solon.critique",
      parameters: [
        Self.modelParameter, Self.constitution,
        Parameter("question", .record(Self.critiqueQuestion), "what to criticise, and how"),
      ],
      result: ResultSpec(.string, "the critique"),
      example: """
        print(solon.critique(m, c, {
          prompt = "paint it", response = "red", principle = c.revision_principles[1].id }))
        """,
      summary: "Asks a model for a critique of a response by one principle."
    ) { context throws(ScriptError) in
      try self.review(.critique, context, question: context.table(2))
    }
  }

  private static let revisionQuestion = Schema(
    name: "revision question",
    fields: [
      prompt, response, revisionPrinciple,
      .init("critique", .string, .optional, "revises directly when left out"),
    ] + reviewSampling)

  var revise: FunctionSpec {
    FunctionSpec(
      name: "solon.revise",
      parameters: [
        Self.modelParameter, Self.constitution,
        Parameter("question", .record(Self.revisionQuestion), "what to revise, and how"),
      ],
      result: ResultSpec(.string, "the revision"),
      example: """
        print(solon.revise(m, c, {
          prompt = "paint it", response = "red", critique = "not red",
          principle = c.revision_principles[1].id }))
        """,
      summary: "Asks a model for a revision of a response, after a critique or directly."
    ) { context throws(ScriptError) in
      let question = context.table(2)
      return try self.review(
        question["critique"].isNil ? .directRevision : .revision, context, question: question)
    }
  }

  private func review(
    _ template: TemplateName, _ context: CallContext, question: LuaTable
  ) throws(ScriptError) -> LuaValue {
    let bench = context.object(0, as: Workbench.self)
    let hooks = try hooks(context, 1)
    let principle = try principle(
      question["principle"].stringValue ?? "", among: hooks.constitution.revisionPrinciples,
      id: \.id, context)
    let answer = try ask(
      bench, template, hooks, prompt: question["prompt"].stringValue ?? "",
      response: question["response"].stringValue ?? "",
      critique: question["critique"].stringValue ?? "", principle,
      Self.sampling(question), context)
    return .string(answer)
  }

  private func ask(
    _ bench: Workbench, _ template: TemplateName, _ hooks: ScriptHooks, prompt: String,
    response: String, critique: String, _ principle: RevisionPrinciple,
    _ sampling: Workbench.Sampling, _ context: CallContext
  ) throws(ScriptError) -> String {
    let values = [
      "prompt": prompt, "response": response, "critique": critique,
      "principle.critique": principle.critique, "principle.revision": principle.revision,
    ].filter { template.slots.contains($0.key) }
    return try attempt(context) {
      try bench.ask(
        template, values, hooks: hooks, sampling,
        activity: Activity(template.rawValue, nil, "", "", principle: principle.id)
      ).text
    }
  }

  private static let chainOptions = Schema(
    name: "chain options",
    fields: [
      .init("rounds", .integer(1...64), .default(1), "of critique and revision"),
      .init("response", .string, .optional, "where to start; the model's answer when left out"),
    ] + reviewSampling)

  private static let chainStep = Schema(
    name: "chain step",
    fields: [
      .init("round", .integer(1...64), .required, "from 1"),
      .init("principle", .string, .required, "the id of the principle that was drawn"),
      .init("response", .string, .required, "what was criticised"),
      .init("critique", .string, .required, "what was said of it"),
      .init("revision", .string, .required, "what became of it"),
    ])

  var chain: FunctionSpec {
    FunctionSpec(
      name: "solon.chain",
      parameters: [
        Self.modelParameter, Self.constitution,
        Parameter("prompt", .nonEmptyString, "what the user says"),
        Parameter("options", .record(Self.chainOptions), "how far, and how", default: [:]),
      ],
      result: ResultSpec(.array(of: .record(Self.chainStep)), "one table for each round"),
      example: """
        for _, step in ipairs(solon.chain(m, c, "paint it", { rounds = 2 })) do
          print(step.principle, step.revision)
        end
        """,
      summary: "Answers a prompt, then criticises and revises the answer round by round."
    ) { context throws(ScriptError) in
      let bench = context.object(0, as: Workbench.self)
      let hooks = try self.hooks(context, 1)
      let (prompt, options) = (context.string(2), context.table(3))
      let sampling = Self.sampling(options)
      var response = options["response"].stringValue ?? ""
      if options["response"].isNil {
        response = try self.attempt(context) {
          try bench.answers(to: prompt, count: 1, sampling)[0].text
        }
      }
      var steps: [LuaValue] = []
      for round in 1...Int(options["rounds"].integerValue ?? 1) {
        let principle = try hooks.drawRevisionPrinciple(
          for: try Prompt(id: "session", text: prompt), round: round,
          key: RandomKey(
            seed: sampling.seed, stage: "session draw", item: prompt,
            draw: UInt64(round)))
        var sampling = sampling
        sampling.seed &+= UInt64(round) << 32
        func ask(_ template: TemplateName, _ critique: String) throws(ScriptError) -> String {
          try self.ask(
            bench, template, hooks, prompt: prompt, response: response, critique: critique,
            principle, sampling, context)
        }
        let critique = try ask(.critique, "")
        let revision = try ask(.revision, critique)
        steps.append([
          "round": .integer(Int64(round)), "principle": .string(principle.id),
          "response": .string(response), "critique": .string(critique),
          "revision": .string(revision),
        ])
        response = revision
      }
      return .table(LuaTable(array: steps))
    }
  }

  // MARK: Comparison

  private static let comparisonQuestion = Schema(
    name: "comparison question",
    fields: [
      prompt,
      .init("a", .string, .required, "an answer"),
      .init("b", .string, .required, "another"),
      .init(
        "principle", .anyOf([.nonEmptyString, .array(of: .nonEmptyString)]), .optional,
        "ids of preference principles; all when left out"),
      .init("chain_of_thought", .boolean, .default(false), "reason before choosing"),
      .init("reasoning_tokens", tokens, .default(128), "longest reasoning"),
      .init("temperature", temperature, .default(0.0), "of the reasoning"),
      seed,
    ])

  private static let comparisonVote = Schema(
    name: "comparison vote",
    fields: [
      .init("principle", .string, .required, "its id"),
      .init("order", .choice(["AB", "BA"]), .required, "which answer was shown first"),
      .init("p", .number(0...1), .required, "P(A is better), whichever was shown first"),
      .init("reasoning", .string, .optional, "the chain of thought"),
      .init("parsed", .boolean, .required, "false when the reasoning did not end"),
    ])

  private static let comparison = Schema(
    name: "comparison",
    fields: [
      .init(
        "p", .number(0...1), .optional,
        "what the constitution's `label` makes of the votes; absent when it drops the pair"),
      .init("votes", .array(of: .record(comparisonVote)), .required, "two for each principle"),
    ])

  var compare: FunctionSpec {
    FunctionSpec(
      name: "solon.compare",
      parameters: [
        Self.modelParameter, Self.constitution,
        Parameter("question", .record(Self.comparisonQuestion), "what to compare, and how"),
      ],
      result: ResultSpec(.record(Self.comparison), "the label and its votes"),
      example: """
        local result = solon.compare(m, c, { prompt = "paint it", a = "red", b = "green" })
        for _, vote in ipairs(result.votes) do print(vote.principle, vote.order, vote.p) end
        """,
      summary: "Asks a model which of two answers is better, in both orders."
    ) { context throws(ScriptError) in
      let bench = context.object(0, as: Workbench.self)
      let hooks = try self.hooks(context, 1)
      let question = context.table(2)
      var ids = question["principle"].arrayValue?.compactMap(\.stringValue) ?? []
      if let id = question["principle"].stringValue { ids = [id] }
      let all = hooks.constitution.preferencePrinciples
      var principles: [PreferencePrinciple] = ids.isEmpty ? all : []
      for id in ids { principles.append(try self.principle(id, among: all, id: \.id, context)) }
      let (prompt, a, b) = (
        question["prompt"].stringValue ?? "", question["a"].stringValue ?? "",
        question["b"].stringValue ?? ""
      )
      var settings = try StageSettings()
      settings.compare.chainOfThought = question["chain_of_thought"].boolValue ?? false
      settings.compare.reasoningTokens = Int(question["reasoning_tokens"].integerValue ?? 128)
      settings.compare.reasoningTemperature = question["temperature"].doubleValue ?? 0
      let compare = settings.compare
      let votes = try self.attempt(context) {
        try bench.votes(
          prompt: prompt, a: a, b: b, principles: principles, hooks: hooks, settings: compare,
          seed: UInt64(question["seed"].integerValue ?? 1))
      }
      let label = try hooks.label(
        votes, for: try Prompt(id: "session", text: prompt), a: a, b: b,
        settings: settings)
      var table = LuaTable()
      table["p"] = label.map { .number($0) } ?? .nil
      table["votes"] = .table(LuaTable(array: votes.map(\.shown)))
      return .table(table)
    }
  }
}

extension ScriptHooks.Vote {
  fileprivate var shown: LuaValue {
    return [
      "principle": .string(principle.id), "order": .string(order),
      "p": .number(probability),
      "reasoning": reasoning.map { .string($0) } ?? .nil,
      "parsed": .boolean(parsed),
    ]
  }
}
