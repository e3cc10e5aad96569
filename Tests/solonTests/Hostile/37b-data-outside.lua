-- check: error at 2 "solon.jsonl: /etc/passwd: lies outside the project"
return solon.jsonl("/etc/passwd")
