-- check: error at 4 "unknown name 'coroutine'"
local function f(depth)
  for i = 1, 20 do
    coroutine.wrap(function() if depth > 0 then f(depth - 1) end end)()
  end
end
f(12)
