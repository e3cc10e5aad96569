-- check: error at 3 "unknown name 'coroutine'"
-- The name is looked up first; without it, `__close` is refused.
coroutine.wrap(function()
  local x <close> = setmetatable({}, { __close = function() while true do end end })
  while true do end
end)()
