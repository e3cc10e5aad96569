-- run: error at 4 "label: expected a probability in [0, 1], or nil to drop the pair, got 1.5" "(label, prompt "
local tiny = require "tiny"
return tiny.experiment { constitution = tiny.constitution {
  label = function(votes, ctx) return ctx.prompt.id:find("^h") and 1.5 or 0.5 end,
} }
