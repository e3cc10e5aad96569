-- Constitutions made from another by changing its lists of principles.

local derive = {}

-- A copy of `constitution` with these fields in place of its own.
local function with(constitution, changes)
  local copy = {}
  for name, value in pairs(constitution) do copy[name] = value end
  for name, value in pairs(changes) do copy[name] = value end
  return solon.constitution(copy)
end

derive.with = with

local function filtered(list, keep)
  local kept = {}
  for index, principle in ipairs(list) do
    if keep(principle, index) then kept[#kept + 1] = principle end
  end
  return kept
end

--- The constitution with its first `count` revision principles only.
function derive.first_revision(constitution, count)
  return with(constitution, {
    name = constitution.name .. ", first " .. count,
    revision_principles = filtered(constitution.revision_principles, function(_, index) return index <= count end),
  })
end

--- The constitution without the revision principle `id`.
function derive.without_revision(constitution, id)
  return with(constitution, {
    name = constitution.name .. " without " .. id,
    revision_principles = filtered(constitution.revision_principles, function(p) return p.id ~= id end),
  })
end

--- The constitution with the revision principle `id` alone.
function derive.only_revision(constitution, id)
  return with(constitution, {
    name = constitution.name .. ", only " .. id,
    revision_principles = filtered(constitution.revision_principles, function(p) return p.id == id end),
  })
end

--- The constitution with the preference principle `id` alone.
function derive.only_preference(constitution, id)
  return with(constitution, {
    name = constitution.name .. ", only " .. id,
    preference_principles = filtered(constitution.preference_principles, function(p) return p.id == id end),
  })
end

return derive
