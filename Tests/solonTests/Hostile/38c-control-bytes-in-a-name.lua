-- check: fine
local tiny = require "tiny"
return tiny.constitution { name = "tiny \27]0;owned\7" }
