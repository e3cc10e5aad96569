-- check: error at 2 "solon.constitution: argument 1.templates.critique: invalid UTF-8 at byte 1 (0xFF)"
return solon.constitution { templates = { critique = "\xff\xfe" } }
