import { lua } from '../../lua.js'

/** Parts of an `or` that find their rows by themselves at most: what each finds is tested for all parts before it. */
export const MOST_BRANCHES = 256

/**
 * The planner. `planDrivers` lists the ways to find candidates: all records (0), what one of the conditions that all must hold
 * leaves (its place), or the index of the order (-1). `choose` takes the least expected work: with selectivities taken as
 * independent, a driver in the wanted order is read until `want` rows were found, another to its end.
 *
 * A driver is `ordered` when it brings rows in the wanted order, `leading` when it brings them in the first of several orders.
 * `covered`: its condition need not be tested on what it brings; `exact`: and its size is their number.
 *
 * An `any` drives if each of its branches does. Its sources overlap; read one after the other, each leaves out (`rest`) what
 * an earlier branch has. Read merged by creation, what comes twice comes in succession. `choices` lists the places of the
 * conditions that were chosen to drive branches; a walk that goes on (`chosen`) takes the same ones, whatever the sizes are by now:
 * its place is one in their sources.
 */
export const planner = lua`
local MERGED, BRANCHES = 32, ${String(MOST_BRANCHES)}

local driverOf

local function measured(driver)
  driver.size = 0
  for _, source in ipairs(driver.sources) do driver.size = driver.size + size(source) end
  return driver
end

local chosen, choices = false, {}

local function cheapest(conditions)
  local drivers, best = {}, nil
  for i, condition in ipairs(conditions) do drivers[i] = driverOf(condition) or false end
  local place = chosen and tonumber(chosen[#choices + 1])
  for i, driver in ipairs(drivers) do
    if driver and (place and i == place or not place and (not best or driver.size < best.size)) then
      best = driver
      best.place = i
    end
  end
  choices[#choices + 1] = best and best.place or 0
  return best
end

local function together(first, second)
  local all = { type = 'all', of = {} }
  for _, list in ipairs({ first or {}, second }) do
    for _, condition in ipairs(list) do all.of[#all.of + 1] = condition end
  end
  return #all.of > 0 and all
end

local function unionOf(condition)
  if #condition.of > BRANCHES then return nil end
  local union = { kind = 'c', field = '', sources = {}, covered = true, tested = condition, merged = true }
  for number, branch in ipairs(condition.of) do
    local parts = branch.type == 'all' and branch.of or { branch }
    local driver = cheapest(parts)
    if not driver then return nil end
    local rest = {}
    for i, part in ipairs(parts) do
      if i ~= driver.place or not driver.covered then rest[#rest + 1] = part end
    end
    if number > 1 then rest[#rest + 1] = { type = 'none', of = condition.of, count = number - 1 } end
    for _, source in ipairs(driver.sources) do
      source.rest = together(source.rest and source.rest.of, rest)
      if source.kind ~= 'c' then union.kind = 'u' end
      union.sources[#union.sources + 1] = source
    end
  end
  return measured(union)
end

driverOf = function(condition)
  local type = condition.type
  if type == 'in' then
    local driver = { kind = 'c', field = '', sources = {}, covered = true, exact = true }
    for i, key in ipairs(condition.keys) do driver.sources[i] = whole(key, 'c') end
    driver.merged = #driver.sources > 1
    return measured(driver)
  elseif type == 'score' then
    local source = scoreRange(condition.key, condition.min, condition.max)
    return measured({ kind = 's', field = condition.field, sources = { source }, covered = true, exact = true })
  elseif type == 'text' then
    local source = textRange(condition.key, condition.min, condition.max)
    return measured({ kind = 't', field = condition.field, sources = { source }, covered = true, exact = true })
  elseif type == 'like' and condition.ranged and condition.parts[1] ~= '' then
    local exact = #condition.parts == 2 and condition.parts[2] == ''
    local source = prefixRange(condition.key, condition.parts[1])
    return measured({ kind = 't', field = condition.field, sources = { source }, covered = exact, exact = exact })
  elseif type == 'ids' then
    return measured({ kind = 'i', field = '', sources = { listed(condition.list) }, covered = true })
  elseif type == 'any' then
    return unionOf(condition)
  end
end

local function planDrivers(conjuncts, orders, tieReverse)
  choices = {}
  local first = orders[1]
  local kind, field = first and first.kind or 'c', first and first.field or ''
  local isOnly = #orders == 0 or (#orders == 1 and first.reverse == tieReverse)
  local drivers = { measured({ number = 0, kind = 'c', field = '', sources = { whole(INDEX, 'c') }, covers = 0, exact = true }) }
  local isRanged = kind == 's' or kind == 't'
  local isBounded = false
  for i, condition in ipairs(conjuncts) do
    local driver = driverOf(condition)
    if driver then
      driver.number, driver.covers = i, i
      drivers[#drivers + 1] = driver
      if isRanged and driver.field == field then isBounded = true end
    end
  end
  if isRanged and not isBounded then
    local sources = { whole(first.key, kind), whole(first.key .. ':%null', 'c') }
    if first.nullsFirst then sources[1], sources[2] = sources[2], sources[1] end
    drivers[#drivers + 1] = measured({ number = -1, kind = kind, field = field, covers = 0, sources = sources })
  end
  for _, driver in ipairs(drivers) do
    local follows = driver.kind == kind and driver.field == field and not (driver.merged and #driver.sources > MERGED)
    driver.ordered = follows and isOnly
    driver.leading = follows and not isOnly and not driver.merged
  end
  return drivers
end

local function expectedRows(drivers)
  local total = drivers[1].size
  local expected = total
  for _, driver in ipairs(drivers) do
    if driver.covers > 0 and total > 0 then expected = expected * math.min(1, driver.size / total) end
  end
  return expected
end

local function choose(drivers, want)
  if #drivers == 1 then return drivers[1] end
  local expected = expectedRows(drivers)
  local best, least
  for _, driver in ipairs(drivers) do
    local cost = 2 * driver.size
    if driver.ordered or driver.leading then
      cost = expected > 0 and math.min(driver.size, want * driver.size / expected) or driver.size
      if driver.leading then cost = 2 * cost end
    end
    if not least or cost <= least then best, least = driver, cost end
  end
  return best
end

local function numbered(drivers, number)
  for _, driver in ipairs(drivers) do
    if driver.number == number then return driver end
  end
end

-- What must be tested on the candidates of a driver; merged by creation, a union brings what its branches do not cover.
local function residualOf(conjuncts, driver, isMerged)
  local residual = { type = 'all', of = {} }
  for i, condition in ipairs(conjuncts) do
    if i ~= driver.covers or not driver.covered or (isMerged and driver.tested) then
      residual.of[#residual.of + 1] = condition
    end
  end
  return residual
end
`
