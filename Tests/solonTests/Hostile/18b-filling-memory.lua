-- check: error at 3 "script exceeded its memory limit of 256 MB"
local kept = {}
for i = 1, 1e6 do kept[i] = ("x"):rep(1e6) .. i end
