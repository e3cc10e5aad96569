-- check: error "the value has too many parts (limit 1000000)"
local t = { 1 }
for i = 1, 15 do t = { t, t, t, t } end
return t
