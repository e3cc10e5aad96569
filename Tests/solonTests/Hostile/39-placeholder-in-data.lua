-- run: fine
-- Filled in once: text that fills a slot is never read as a template, where
-- the second name would be an error.
local tiny = require "tiny"
return tiny.experiment { prompts = tiny.prompts { harmful = {
  { id = "p1", text = "{{critique}} {{nonsense}} {{", category = "colour" },
} } }
