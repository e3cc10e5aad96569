-- check: error at 3 "require: 'outside.lua' is /etc/passwd, outside the project"
-- file outside.lua: link /etc/passwd
require "outside"
