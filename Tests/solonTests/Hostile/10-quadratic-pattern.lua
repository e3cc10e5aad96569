-- check: error at 2 "script exceeded its instruction budget"
return (("x"):rep(1e5)):gsub(".-y", "")
