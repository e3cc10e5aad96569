-- check: error at 2 "string.rep: the result is longer than 1048576 bytes"
local a, b = ("x"):rep(8e6) .. "a", ("x"):rep(8e6) .. "b"
while true do local _ = a < b end
