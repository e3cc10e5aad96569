-- run: fine
-- The test holds what is printed against control bytes.
local tiny = require "tiny"
return tiny.experiment {
  name = "tiny \27]0;owned\7",
  prompts = tiny.prompts { harmful = {
    { id = "\27[2J", text = "paint \27]0;title\7 it", category = "<script>alert(1)</script>" },
  } },
}
