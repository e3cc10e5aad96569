-- check: error at 3 "script made a string longer than its limit of 1048576 bytes"
local s = "x"
while true do s = s .. s end
