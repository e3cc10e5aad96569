-- check: error at 2 "script exceeded its instruction budget of 100000000 instructions"
while true do end
