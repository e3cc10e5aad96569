-- check: error at 2 "unknown name 'getmetatable'"
getmetatable("").__index = function() return "poisoned" end
