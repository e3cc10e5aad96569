-- check: error at 5 "unknown name 'coroutine'"
-- Crashes Lua 5.4.4.
local last
for i = 1, 20000 do
  local previous, co = last, coroutine.create(function()
    local x <close> = setmetatable({}, {
      __close = function() return previous and coroutine.close(previous) end,
    })
    coroutine.yield()
  end)
  coroutine.resume(co)
  last = co
end
coroutine.close(last)
