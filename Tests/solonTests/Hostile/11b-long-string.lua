-- check: error at 2 "string.rep: the result is longer than 1048576 bytes"
return (("a"):rep(2e6)):find(("a"):rep(1e6) .. "b", 1, true)
