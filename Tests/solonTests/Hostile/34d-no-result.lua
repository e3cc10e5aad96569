-- check: error at 4 "reward: expected a finite number, got nil" "(ppo iteration 0, prompt synthetic "
local tiny = require "tiny"
return tiny.experiment { constitution = tiny.constitution {
  reward = function(r) end,
} }
