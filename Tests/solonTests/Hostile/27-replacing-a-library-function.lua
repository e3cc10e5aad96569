-- check: error at 2 "cannot assign to 'format': string is read-only"
string.format = function() return "poisoned" end
