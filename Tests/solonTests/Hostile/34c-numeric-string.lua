-- check: error at 4 "label: expected a probability in [0, 1], or nil to drop the pair, got '0.3'"
local tiny = require "tiny"
return tiny.experiment { constitution = tiny.constitution {
  label = function(votes) return "0.3" end,
} }
