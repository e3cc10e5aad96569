-- check: error at 2 "string.format: '%p' is not available"
return ("%p"):format({})
