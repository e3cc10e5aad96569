-- check: error at 3 "require: 'broken.lua' is not UTF-8: invalid byte at offset 3"
-- file broken.lua: bytes 2D 2D 20 FF FE
require "broken"
