-- check: error at 2 "unknown name 'os'"
return os.time() + os.clock()
