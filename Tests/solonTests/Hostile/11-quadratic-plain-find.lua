-- check: error at 2 "script exceeded its instruction budget"
return (("a"):rep(1e6)):find(("a"):rep(5e5) .. "b", 1, true)
