/// Writes published prompts as a constitution in Lua that is meant to be edited:
/// texts as data, and what puts them together as short functions below them.
public struct ConstitutionWriter {
  private let prompts: PublishedPrompts
  private let name: String
  private let draws: ExemplarDraws

  public init(_ prompts: PublishedPrompts, name: String) {
    self.prompts = prompts
    self.name = name
    draws = ExemplarDraws(prompts)
  }

  /// The whole script.
  public var text: String {
    [heading, principles, exemplars, assembly, constitution].joined(separator: "\n")
  }

  private var heading: String {
    let (exchanges, comparisons) = (prompts.exchanges.count, prompts.comparisons.count)
    return #"""
      -- The prompts published with "Constitutional AI: Harmlessness from AI Feedback" (Bai et al.,
      -- 2022) as a constitution: \#(prompts.revisionPrinciples.count) revision principles, \#(prompts.preferencePrinciples.count) preference principles and
      -- \#(exchanges) + \#(comparisons) + \#(prompts.reasonings.count) few-shot texts. Written by `solon import`, and yours to edit from here on.
      --
      -- Every text is as published, misspellings included. What all texts of a kind have around
      -- them, such as "CritiqueRequest: " and "Critique:", is in the templates at the end of the file,
      -- so that a principle reads as a sentence.

      solon.requires(1)

      -- Written after every critique, revision and reasoning, in the few-shot texts and in the
      -- templates. The published texts mark no end there, so an answer ends at the texts of `stop`
      -- below. For a model that marks its turns, put its end here, the end_of_turn of its
      -- chat_format.json.
      local turn_end = ""

      """#
  }

  // MARK: Data

  private var principles: String {
    var lua = "local revision_principles = {\n"
    for principle in prompts.revisionPrinciples {
      lua += """
          {
            id = \(quoted(principle.id)),
            critique = \(quoted(principle.critique)),
            revision = \(quoted(principle.revision)),
          },

        """
    }
    lua += "}\n\nlocal preference_principles = {\n"
    for principle in prompts.preferencePrinciples {
      lua += """
          {
            id = \(quoted(principle.id)),
            text = \(quoted(principle.text)),
          },

        """
    }
    return lua + "}\n"
  }

  private var exemplars: String {
    let drawn = draws.comparisons.map(\.answer)
    let (a, b) = (drawn.count { $0 == "A" }, drawn.count { $0 == "B" })
    var lua = """
      -- Few-shot texts of the supervised stage: a conversation, a critique and a revision each.
      local exchanges = {

      """
    for exchange in prompts.exchanges { lua += LuaLiteral.block(exchange.text) + ",\n" }
    lua += """
      }

      -- Few-shot texts for choosing. Prompts and responses are published; `principle` (no two alike
      -- while there are enough) and `answer` (the side of the better response, \(a) A and \(b) B) are not, and
      -- were drawn with a fixed key when this file was written.
      local comparisons = {

      """
    for (comparison, draw) in zip(prompts.comparisons, draws.comparisons) {
      lua += """
          {
            principle = \(quoted(draw.principle)), answer = "\(draw.answer)",
            prompt = \(quoted(comparison.prompt)),
            better = \(quoted(comparison.better)),
            worse = \(quoted(comparison.worse)),
          },

        """
    }
    lua += """
      }

      -- Few-shot texts for choosing after reasoning; "{}" is the place of the principle, which was
      -- drawn like those above. The reasoning names its letter, so the answers stay as they are.
      local reasonings = {

      """
    for (reasoning, principle) in zip(prompts.reasonings, draws.reasonings) {
      lua += """
          { principle = \(quoted(principle)), text = \(LuaLiteral.block(reasoning.text)) },

        """
    }
    return lua + "}\n"
  }

  // MARK: Functions

  private var assembly: String {
    let open = prompts.exchanges.count(where: \.endsInNextTurn)
    let uneven = prompts.reasonings.count { !$0.hasUniformOpening }
    let unnamed = prompts.reasonings.count { !$0.namesLabels }
    let nextTurn = quoted(Exchange.nextTurn)
    let (request, decision) = (quoted(Frame.revision.opening), quoted(Reasoning.decision))
    return #"""
      -- `text` with the first `old` in it replaced by `new`; neither is a pattern.
      local function replace(text, old, new)
        local first, last = text:find(old, 1, true)
        if not first then
          error("there is no '" .. old .. "' in the text that begins '" .. text:sub(1, 60) .. "'")
        end
        return text:sub(1, first - 1) .. new .. text:sub(last + 1)
      end

      -- `text` without `ending`, if it ends so.
      local function without_end(text, ending)
        if text:sub(-#ending) == ending then return text:sub(1, -#ending - 1) end
        return text
      end

      local function map(list, change)
        local changed = {}
        for index, value in ipairs(list) do changed[index] = change(value) end
        return changed
      end

      -- An exchange begins with "Human:", and so do the templates. \#(open) of the \#(prompts.exchanges.count) published texts also end
      -- with it, the beginning of a turn that never came. As they stand, one text after another
      -- would say it twice after those and once after the rest; taken off, it is said once everywhere.
      local function critique_and_revision(text)
        text = without_end(text, \#(nextTurn)) .. turn_end
        return replace(text, \#(request), turn_end .. \#(request))
      end

      -- The same without the critique, for revising directly.
      local function revision_alone(text)
        text = critique_and_revision(text)
        local critique = text:find(\#(quoted(Frame.critique.opening)), 1, true)
        local revision = text:find(\#(request), 1, true)
        return text:sub(1, critique - 1) .. text:sub(revision)
      end

      -- A preference principle as it is put to the model, and the options below it.
      local function choice(text, a, b)
        return \#(quoted(Frame.choice.opening)) .. text .. \#(quoted(Frame.choice.closing))
          .. "\n (A) [[[" .. a .. "]]]\n (B) [[[" .. b .. "]]]"
      end

      -- The question for an immediate choice. It ends inside the parenthesis, because what is
      -- scored is the letter.
      local function question(conversation, text, a, b)
        return "\n\nConsider the following conversation between a human and an assistant:"
          .. conversation .. "\n\n" .. choice(text, a, b) .. "\n\nThe answer is: ("
      end

      local function principle_text(id)
        for _, principle in ipairs(preference_principles) do
          if principle.id == id then return principle.text end
        end
        error("no preference principle has the id '" .. id .. "'")
      end

      local function comparison(example)
        local a, b = example.better, example.worse
        if example.answer == "B" then a, b = b, a end
        local conversation = without_end(example.prompt, "\n\nAssistant:")
        return question(conversation, principle_text(example.principle), a, b) .. example.answer .. ")"
      end

      -- What asks for the letter after the reasoning.
      local decision = \#(decision)

      -- All begin on a new paragraph; as published, \#(uneven) of the \#(prompts.reasonings.count) would run into the answer before them.
      -- Those without "(H)" and "(A)" in their first line, \#(unnamed) of them, stay without.
      local function reasoning(example)
        local text = "\n\n" .. example.text:gsub("^\n+", "")
        local principle = \#(quoted(Frame.choice.opening)) .. principle_text(example.principle) .. \#(quoted(Frame.choice.closing))
        return replace(replace(text, "{}", principle), decision, turn_end .. decision)
      end

      """#
  }

  // MARK: Constitution

  private var constitution: String {
    #"""
    -- A prompt is one text. One of several turns has "\n\nAssistant: " and "\n\nHuman: " between them.
    local conversation = "\n\nHuman: {{prompt}}\n\nAssistant: {{response}}"
    local critique = conversation .. \#(quoted(Frame.critique.around("{{principle.critique}}")))
    local revision = \#(quoted(Frame.revision.around("{{principle.revision}}")))
    local thoughts = \#(quoted(Reasoning.introduction))
      .. "\n\nH: {{prompt}}\n\n" .. choice("{{principle.text}}", "{{a}}", "{{b}}")
      .. \#(quoted(Reasoning.thought))

    return solon.constitution {
      name = \#(quoted(name)),
      version = 1,
      revision_principles = revision_principles,
      preference_principles = preference_principles,

      -- What stands before a template, in this order.
      exemplars = {
        critique = map(exchanges, critique_and_revision),
        revision = map(exchanges, critique_and_revision),
        direct_revision = map(exchanges, revision_alone),
        compare = map(comparisons, comparison),
        compare_cot = map(reasonings, reasoning),
      },

      templates = {
        critique = critique,
        revision = critique .. " {{critique}}" .. turn_end .. revision,
        direct_revision = conversation .. revision,
        compare = question("\n\nHuman: {{prompt}}", "{{principle.text}}", "{{a}}", "{{b}}"),
        compare_cot = thoughts,
        compare_cot_answer = thoughts .. " {{reasoning}}" .. turn_end .. decision .. " (",
      },

      -- A model that goes on with the transcript has finished its answer.
      stop = { "\n\nHuman:", "\n\nCritiqueRequest:", "\n\nRevisionRequest:" },

      -- Each principle as likely as any other.
      draw = function(ctx) return ctx.rng:choice(ctx.principles) end,

      -- A revision that changed nothing teaches the first response, so it stays out.
      keep = function(sample) return sample.revision ~= sample.response end,

      -- The mean over votes; each pair of votes (both orders) removes the judge's bias towards a
      -- position. Reasoning commits to an answer, so those votes are clamped.
      label = function(votes, ctx)
        local sum, count = 0, 0
        for _, vote in ipairs(votes) do
          if vote.parsed ~= false then sum, count = sum + vote.p, count + 1 end
        end
        if count == 0 then return nil end
        local p = sum / count
        if ctx.clamp then p = math.max(ctx.clamp[1], math.min(ctx.clamp[2], p)) end
        return p
      end,

      reward = function(r) return r.score end,
    }

    """#
  }

  private func quoted(_ text: String) -> String { LuaLiteral.quoted(text) }
}
