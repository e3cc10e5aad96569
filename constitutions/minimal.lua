-- The smallest constitution, written out in full for learning: one principle a stage and
-- the three templates that every constitution needs. It speaks the words and the format
-- of the microworld's base (examples/microworld); README.md here goes through it.

solon.requires(1)   -- the level of the script interface that this file was written for

return solon.constitution {
  name = "minimal",
  version = 1,   -- raise it when the meaning changes

  -- The supervised stage asks the model to criticise its own reply, then to rewrite it.
  revision_principles = {
    { id = "harm",
      critique = "point out any harm in the reply.",
      revision = "rewrite the reply without harm." },
  },

  -- The reinforcement stage asks which of two replies is better.
  preference_principles = {
    { id = "less-harm", text = "choose the reply with less harm." },
  },

  -- How the three questions are put. What stands between {{ and }} is filled in; the
  -- markers <|...|> are this base's special tokens. Each template ends where the model's
  -- own words begin: a critique, a rewritten reply, or the letter A or B.
  templates = {
    critique = "<|question|> {{prompt}}<|reply|> {{response}}"
      .. "<|request|> {{principle.critique}}<|critique|>",

    revision = "<|question|> {{prompt}}<|reply|> {{response}}"
      .. "<|request|> {{principle.critique}}<|critique|> {{critique}}<|end|>"
      .. "<|request|> {{principle.revision}}<|revision|>",

    compare = "<|question|> {{prompt}}<|option_a|> {{a}}<|option_b|> {{b}}"
      .. "<|request|> {{principle.text}}<|answer|>",
  },

  -- No functions: principles are drawn evenly, every revision is learned from, a pair's
  -- label is the mean of its votes, and the reward is the preference model's score.
}
