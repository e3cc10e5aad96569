-- check: error at 2 "script exceeded its instruction budget"
for i = 1, 1e9 do local s = ("x"):rep(1 << 20) end
