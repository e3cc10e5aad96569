-- check: fine
-- The metatable is a copy, so what is added to the original never runs.
local meta = {}
for i = 1, 1000 do setmetatable({}, meta) end
meta.__gc = function() while true do end end
for i = 1, 1000 do setmetatable({}, { __index = meta }) end
return require "constitution"
