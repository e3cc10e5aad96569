-- check: error at 6 "script exceeded its instruction budget"
-- One call of one library function, which would take hours.
local s = ("\0"):rep(1e6)
local list = {}
for i = 1, 1e5 do list[i] = s end
table.sort(list)
