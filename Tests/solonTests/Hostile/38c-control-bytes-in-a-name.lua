-- check: fine
-- disabled: `check` prints names as they are
local tiny = require "tiny"
return tiny.constitution { name = "tiny \27]0;owned\7" }
