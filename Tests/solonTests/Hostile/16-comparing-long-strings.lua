-- check: error at 5 "script ran longer than 10 s"
-- Lua compares strings without counting, so only the clock ends this.
local a = ("x"):rep(1e6) .. "a"
local b = ("x"):rep(1e6) .. "b"
while true do local _ = a < b end
