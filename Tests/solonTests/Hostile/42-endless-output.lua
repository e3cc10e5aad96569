-- check: error at 2 "script exceeded its instruction budget"
while true do print(("x"):rep(1e6)) end
