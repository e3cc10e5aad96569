-- check: error at 6 "script exceeded its memory limit of 256 MB"
-- Ended at the first refusal, wherever that is caught.
local kept = {}
while true do
  pcall(function()
    while true do kept[#kept + 1] = ("x"):rep(1e6) .. #kept end
  end)
end
