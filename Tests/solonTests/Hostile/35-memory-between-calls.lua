-- check: error at 5 "reward: depends on the calls before it"
local tiny = require "tiny"
local seen = 0
return tiny.constitution {
  reward = function(r)
    seen = seen + 1
    return seen
  end,
}
