-- check: error at 2 "require: '../../etc/passwd' is not a module name"
require "../../etc/passwd"
