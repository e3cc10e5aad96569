-- check: fine
local seen = {}
for key in pairs { b = 1, [3] = 2, a = 3, [true] = 4, [-1.5] = 5, [1] = 6, ["é"] = 7 } do
  seen[#seen + 1] = tostring(key)
end
assert(table.concat(seen, " ") == "-1.5 1 3 a b é true", table.concat(seen, " "))
return require "constitution"
