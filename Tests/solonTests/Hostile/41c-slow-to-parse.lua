-- check: error at 4 "script ran longer than 10 s"
-- The parser walks the list of exits again for every `or`.
-- file slow.lua: text "return " + "a or " * 200000
require "slow"
