-- check: error at 6 "reward: depends on the calls before it"
-- disabled: `check` does not call the functions of a constitution yet
local tiny = require "tiny"
local seen = 0
return tiny.constitution {
  reward = function(r)
    seen = seen + 1
    return seen
  end,
}
