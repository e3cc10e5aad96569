-- check: error at 2 "a\u{0}b\u{1b}[2J"
error("a\0b\27[2J")
