-- check: fine
assert(not pcall(function() string.format = function() return "poisoned" end end))
assert(not pcall(function() ("").format = 1 end))
assert(("%d"):format(1) == "1")
return require "constitution"
