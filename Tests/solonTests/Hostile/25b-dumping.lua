-- check: error at 3 "'string.dump' does not exist"
local function f() end
local bytes = string.dump(f)
