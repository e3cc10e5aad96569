-- check: error at 3 "require: 'compiled.lua' is compiled Lua; only text is accepted"
-- file compiled.lua: bytes 1B 4C 75 61 54 00 19 93 0D 0A 1A 0A
require "compiled"
