-- check: error at 2 "string.rep: the result is longer than 1048576 bytes"
return ("x"):rep(1e10)
