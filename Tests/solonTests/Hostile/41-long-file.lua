-- check: error at 3 "require: 'long.lua' has 1200000 bytes; the limit is 1048576"
-- file long.lua: text "x=1 " * 300000
require "long"
