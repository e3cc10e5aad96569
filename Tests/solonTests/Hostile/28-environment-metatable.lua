-- check: error at 2 "cannot change a protected metatable"
setmetatable(_G, { __index = function() return "x" end })
