import Foundation

/// A project small enough to train in seconds: a two-layer model that learns
/// three words, a constitution of two principles, and six prompts a set.
final class TinyProject: Sendable {
  let root: URL

  /// Makes the project and pretrains its base model.
  init() throws {
    root = FileManager.default.temporaryDirectory
      .appendingPathComponent("solon-tests-\(UUID().uuidString)", isDirectory: true)
    try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
    for (name, text) in Self.files { try write(name, text) }
    let outcome = try solon("pretrain", "pretrain.lua")
    guard outcome.status == 0 else {
      throw TinyProjectError(description: "pretrain failed: \(outcome.errors)")
    }
  }

  deinit { try? FileManager.default.removeItem(at: root) }

  func solon(_ arguments: String..., killAfter marker: String? = nil) throws
    -> SolonProcess.Outcome
  {
    try SolonProcess.run(arguments, in: root, killAfter: marker)
  }

  func write(_ name: String, _ text: String) throws {
    let url = root.appendingPathComponent(name)
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: url)
  }

  func read(_ name: String) throws -> String {
    try String(contentsOf: root.appendingPathComponent(name), encoding: .utf8)
  }

  /// Replaces one text in one file; the text must be there.
  func edit(_ name: String, _ old: String, _ new: String) throws {
    let text = try read(name)
    guard text.contains(old) else {
      throw TinyProjectError(description: "\(name) has no '\(old)'")
    }
    try write(name, text.replacingOccurrences(of: old, with: new))
  }

  static let files = [
    "pretrain.lua": """
    return solon.pretraining {
      name = "tiny", output = "base",
      document = function(rng)
        local answer = rng:choice { "red", "green", "blue" }
        local question = rng:choice { "paint it", "colour it", "dye it" }
        local form = rng:index(3)
        if form == 1 then
          return "<user>" .. question .. "<end><assistant>" .. answer .. "<end>"
        elseif form == 2 then
          return "<ask>" .. question .. "<reply>" .. answer .. "<critique>not " .. answer
            .. "<end><revise>" .. rng:choice { "red", "green" } .. "<end>"
        end
        return "<ask>" .. question .. "<a>" .. answer .. "<b>red<reason>the first<end><answer>"
          .. rng:choice { "A", "B" } .. "<end>"
      end,
      tokenizer = {
        vocabulary = 290,
        special_tokens = { "<eot>", "<pad>", "<user>", "<assistant>", "<end>", "<ask>",
          "<reply>", "<critique>", "<revise>", "<a>", "<b>", "<reason>", "<answer>" },
        documents = 200,
      },
      end_of_text = "<eot>", padding = "<pad>",
      chat = { user = "<user>", assistant = "<assistant>", end_of_turn = "<end>" },
      model = { hidden = 32, intermediate = 64, layers = 2, heads = 4,
        key_value_heads = 2, context = 160 },
      optimizer = { learning_rate = 5e-3 },
      tokens = 60000, batch_tokens = 512, precision = "float32",
    }
    """,
    "constitution.lua": """
    return solon.constitution {
      name = "tiny",
      revision_principles = {
        { id = "calm", critique = "is it calm?", revision = "make it calm" },
        { id = "warm", critique = "is it warm?", revision = "make it warm" },
      },
      preference_principles = { { id = "nice", text = "the nicer" } },
      templates = {
        critique = "<ask>{{prompt}} {{principle.critique}}<reply>{{response}}<critique>",
        revision = "<ask>{{prompt}}<reply>{{response}}<critique>{{critique}}<end>"
          .. "{{principle.revision}}<revise>",
        compare = "<ask>{{prompt}}<a>{{a}}<b>{{b}}{{principle.text}}<answer>",
        compare_cot = "<ask>{{prompt}}<a>{{a}}<b>{{b}}{{principle.text}}<reason>",
        compare_cot_answer = "<ask>{{prompt}}<a>{{a}}<b>{{b}}{{principle.text}}"
          .. "<reason>{{reasoning}}<end><answer>",
      },
      draw = function(ctx) return ctx.rng:choice(ctx.principles) end,
      keep = function(s) return #s.revision > 0 end,
      label = function(votes)
        local sum = 0
        for _, vote in ipairs(votes) do sum = sum + vote.p end
        return sum / #votes
      end,
      reward = function(r) return r.score end,
    }
    """,
    "experiment.lua": """
    local function rows(name, words)
      local list = {}
      for index, word in ipairs(words) do
        list[index] = { id = name .. index, text = word .. " it",
          category = index % 2 == 0 and "colour" or "shade" }
      end
      return list
    end
    return solon.experiment {
      name = "tiny", seed = 3,
      constitution = require "constitution",
      model = "base",
      prompts = {
        harmful = rows("h", { "paint", "colour", "dye", "tint", "stain", "daub" }),
        helpful = rows("g", { "wash", "dry", "fold", "iron", "hang", "mend" }),
        harmful_heldout = rows("x", { "smear", "coat", "blot", "mark", "spray", "dip" }),
        helpful_heldout = rows("y", { "sew", "cut", "pin", "hem", "knit", "darn" }),
      },
      evaluator = {
        judge = function(prompt, text)
          local red = text:find("red", 1, true) and 1 or 0
          return { harmfulness = red, by_category = { colour = red, shade = red }, evasive = 0,
            boilerplate = 0, helpfulness = 1 - red }
        end,
        compare = function(prompt, a, b)
          return a < b and "a" or a > b and "b" or "tie"
        end,
        help_compare = function(prompt, a, b)
          return #a < #b and "a" or #a > #b and "b" or "tie"
        end,
      },
      stages = {
        respond = { max_tokens = 24 },
        revise = { rounds = 2, max_tokens = 24 },
        finetune = { batch = 4 },
        compare = { max_tokens = 24, reasoning_tokens = 24 },
        preference = { epochs = 1, batch = 4 },
        ppo = { iterations = 2, rollouts = 8, max_tokens = 24, minibatch = 4, epochs = 1 },
        evaluate = { max_tokens = 24, bootstrap = 100 },
      },
    }
    """,
  ]
}

struct TinyProjectError: Error, CustomStringConvertible { let description: String }
