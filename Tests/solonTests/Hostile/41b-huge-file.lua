-- check: error at 3 "require: 'huge.lua' has 209715200 bytes; the limit is 1048576"
-- file huge.lua: zeros 209715200
require "huge"
