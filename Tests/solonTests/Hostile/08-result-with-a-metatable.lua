-- check: error "returned value: a table with a metatable cannot be handed to the host"
return setmetatable({}, { __index = function() error "x" end })
