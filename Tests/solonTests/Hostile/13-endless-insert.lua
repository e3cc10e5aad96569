-- check: fine
-- `table` asks the table itself, not its metatable, how long it is.
local list = setmetatable({}, { __len = function() return math.maxinteger - 1 end })
table.insert(list, 1, "x")
assert(list[1] == "x" and list[2] == nil)
table.remove(list, 1)
assert(list[1] == nil)
return require "constitution"
