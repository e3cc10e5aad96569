-- check: error at 3 "script exceeded its instruction budget"
local settings = { name = ("x"):rep(1e4) }
while true do pcall(solon.constitution, settings) end
