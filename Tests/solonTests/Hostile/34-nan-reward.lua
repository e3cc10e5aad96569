-- run: error at 4 "reward: expected a finite number, got " "nan" "(ppo iteration 1, prompt "
local tiny = require "tiny"
return tiny.experiment { constitution = tiny.constitution {
  reward = function(r) return r.prompt_id:find("^[hg]") and 0 / 0 or r.score end,
} }
