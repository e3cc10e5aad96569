-- check: error at 2 "unknown name 'collectgarbage'"
collectgarbage("stop")
