-- check: error at 2 "unknown name 'rawset'"
rawset(_G, "pcall", nil)
