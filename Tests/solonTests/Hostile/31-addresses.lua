-- check: fine
assert(tostring({}) == "table" and tostring(print) == "function")
assert(("%s %s"):format({}, print) == "table function")
return require "constitution"
