-- check: error at 2 "unknown name 'load'"
load("\27Lua\x54", "x", "b")
