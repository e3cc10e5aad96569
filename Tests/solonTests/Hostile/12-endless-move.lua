-- check: error at 2 "range out of bounds"
table.move({}, 1, math.maxinteger - 1, 2)
