-- check: error at 3 "script exceeded its instruction budget"
-- file rows.jsonl: text "not JSON " * 20
while true do pcall(solon.jsonl, "rows.jsonl") end
