-- check: error "tables are nested deeper than 16 levels"
local t = {}
for i = 1, 1e5 do t = { t } end
return t
