-- check: error at 2 "'math.random' does not exist"
return math.random()
