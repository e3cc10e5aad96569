-- check: error at 2 "script exceeded its instruction budget"
return (("a"):rep(40)):find(("a-"):rep(20) .. "b")
