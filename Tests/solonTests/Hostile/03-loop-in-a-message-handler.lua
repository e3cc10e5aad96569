-- check: error at 2 "unknown name 'xpcall'"
xpcall(function() while true do end end, function() while true do end end)
