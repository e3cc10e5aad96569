-- check: error at 3 "script exceeded its instruction budget"
local s = ("ab"):rep(5e5)
for i = 1, 1e9 do s:gsub("b", "c") end
