-- check: error at 3 "solon.jsonl: rows.jsonl: lies outside the project, at /etc/passwd"
-- file rows.jsonl: link /etc/passwd
return solon.jsonl("rows.jsonl")
