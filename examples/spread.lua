--- `count` rows, evenly spaced, so that each kind of prompt stays represented.
return function(count, rows)
  local taken = {}
  for index = 1, count do taken[index] = rows[(index - 1) * #rows // count + 1] end
  return taken
end
