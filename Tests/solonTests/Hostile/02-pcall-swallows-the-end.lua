-- check: error at 2 "script exceeded its instruction budget"
while true do pcall(function() while true do end end) end
