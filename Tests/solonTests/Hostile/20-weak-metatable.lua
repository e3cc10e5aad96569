-- check: error at 5 "the metamethod '__mode' is not available"
-- Corrupts the heap of Lua 5.4.4.
for round = 1, 20 do
  local keep = {}
  local meta = setmetatable({ __newindex = keep }, { __mode = "v" })
  local t = setmetatable({}, meta)
  local h
  pcall(function() while true do h = { h } end end)
  keep, h = nil, nil
  t[1], t[2] = 1, 2
end
