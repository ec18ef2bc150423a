import { lua } from '../../lua.js'

/**
 * Sources of candidates: an index, or the part of it within bounds, read by rank, so that reading can begin anywhere in
 * O(log n). Kinds: `c` ids by creation, `s` a number range index, `t` a text range index, `i` a list of ids.
 * A source covers the ranks `lo` … `hi - 1`.
 */
export const sources = lua`
local TOP = '\255'

local function scoreBelow(key, bound, open)
  return redis.call('ZCOUNT', key, '-inf', (open and '(' or '') .. bound)
end

local function textBelow(key, bound)
  return redis.call('ZLEXCOUNT', key, '-', '(' .. bound)
end

local function whole(key, kind)
  return { key = key, kind = kind, lo = 0, hi = redis.call('ZCARD', key) }
end

local function listed(list)
  return { kind = 'i', list = list, lo = 0, hi = #list }
end

local function scoreRange(key, min, max)
  local source = whole(key, 's')
  if min then source.lo = scoreBelow(key, min.text, not min.open) end
  if max then source.hi = scoreBelow(key, max.text, max.open) end
  return source
end

local function textRange(key, min, max)
  local source = whole(key, 't')
  if min then source.lo = textBelow(key, sortable(min.text) .. (min.open and '\1' or '\0')) end
  if max then source.hi = textBelow(key, sortable(max.text) .. (max.open and '\0' or '\1')) end
  return source
end

local function prefixRange(key, prefix)
  local source = whole(key, 't')
  source.lo = textBelow(key, sortable(prefix))
  source.hi = textBelow(key, sortable(prefix) .. TOP)
  return source
end

local function size(source)
  return math.max(0, source.hi - source.lo)
end

-- How many entries of an index come before a place in it, the entry at that place included or not.
local function rankOf(source, score, member, included)
  if source.kind == 'i' then return tonumber(score) + (included and 1 or 0) end
  if source.kind == 't' then
    return redis.call('ZLEXCOUNT', source.key, '-', (included and '[' or '(') .. member)
  end
  local lo, hi = scoreBelow(source.key, score, true), scoreBelow(source.key, score, false)
  while lo < hi do
    local middle = math.floor((lo + hi) / 2)
    local other = redis.call('ZRANGE', source.key, middle, middle)[1]
    if before(other, member) or (included and other == member) then lo = middle + 1 else hi = middle end
  end
  return lo
end

local function skipTo(source, score, member, reverse)
  if reverse then
    source.hi = math.min(source.hi, rankOf(source, score, member, false))
  else
    source.lo = math.max(source.lo, rankOf(source, score, member, true))
  end
end

local function decode(kind, member, score)
  if kind == 'c' then return member, stampOf(score) end
  if kind == 's' then return string.sub(member, 14), string.sub(member, 1, 13) end
  local stop = string.find(member, '\0', 1, true)
  return string.sub(member, stop + 14), string.sub(member, stop + 1, stop + 13)
end

local function newChunk()
  return { n = 0, ids = {}, stamps = {} }
end

local function readListed(source, count, chunk)
  local wanted = {}
  for i = source.lo + 1, source.lo + count do wanted[#wanted + 1] = source.list[i] end
  local stamps = redis.call('ZMSCORE', INDEX, unpack(wanted))
  for i, id in ipairs(wanted) do
    if stamps[i] then
      chunk.n = chunk.n + 1
      chunk.ids[chunk.n], chunk.stamps[chunk.n] = id, stampOf(stamps[i])
    end
  end
end

-- Reads the next entries of a source without moving it. The chunk remembers the last entry, to resume after it. Stamps of
-- ids by creation are read at once only if asked for: a server prints scores slowly.
local function peek(source, count, reverse, chunk, withStamps)
  count = math.min(count, size(source))
  if count == 0 then return 0 end
  if source.kind == 'i' then
    readListed(source, count, chunk)
    return count
  end
  local from = reverse and source.hi - count or source.lo
  local kind = source.kind
  if kind == 'c' and not withStamps then
    local ids = redis.call('ZRANGE', source.key, from, from + count - 1)
    local n = #ids
    if reverse then
      for i = 1, math.floor(n / 2) do ids[i], ids[n - i + 1] = ids[n - i + 1], ids[i] end
    end
    chunk.n, chunk.ids, chunk.stamps, chunk.key, chunk.member = n, ids, false, source.key, ids[n]
    return count
  end
  local flat = redis.call('ZRANGE', source.key, from, from + count - 1, 'WITHSCORES')
  local ids, stamps, n = chunk.ids, chunk.stamps, 0
  local first, last, step = 1, #flat - 1, 2
  if reverse then first, last, step = #flat - 1, 1, -2 end
  chunk.flat, chunk.first, chunk.step = flat, first, step
  for i = first, last, step do
    n = n + 1
    ids[n], stamps[n] = decode(kind, flat[i], flat[i + 1])
  end
  chunk.n, chunk.member, chunk.score = n, flat[last], flat[last + 1]
  return count
end

local function advance(source, count, reverse)
  if reverse then source.hi = source.hi - count else source.lo = source.lo + count end
end
`

/**
 * The planner. `planDrivers` lists the ways to find candidates: all records (0), what one of the conditions that all must hold
 * leaves (its place), or the index of the order (-1). `choose` takes the least expected work: with selectivities taken as
 * independent, a driver in the wanted order is read until `want` rows were found, another to its end.
 *
 * A driver is `ordered` when it brings rows in the wanted order, `leading` when it brings them in the first of several orders.
 * `covered`: its condition need not be tested on what it brings; `exact`: and its size is their number.
 *
 * An `any` drives if each of its branches does. Its sources overlap; read one after the other, each leaves out (`rest`) what
 * an earlier branch has. Read merged by creation, what comes twice comes in succession.
 */
export const planner = lua`
local MERGED, BRANCHES = 32, 256

local driverOf

local function measured(driver)
  driver.size = 0
  for _, source in ipairs(driver.sources) do driver.size = driver.size + size(source) end
  return driver
end

local function cheapest(conditions)
  local best
  for i, condition in ipairs(conditions) do
    local driver = driverOf(condition)
    if driver and (not best or driver.size < best.size) then
      best = driver
      best.place = i
    end
  end
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
  local union = { kind = 'c', field = '', sources = {}, covered = true, tested = condition, merged = true }
  local earlier = {}
  for _, branch in ipairs(condition.of) do
    local parts = branch.type == 'all' and branch.of or { branch }
    local driver = cheapest(parts)
    if not driver then return nil end
    local rest = {}
    for i, part in ipairs(parts) do
      if i ~= driver.place or not driver.covered then rest[#rest + 1] = part end
    end
    for _, other in ipairs(earlier) do rest[#rest + 1] = { type = 'not', inner = other } end
    earlier[#earlier + 1] = branch
    for _, source in ipairs(driver.sources) do
      source.rest = together(source.rest and source.rest.of, rest)
      if source.kind ~= 'c' then union.kind = 'u' end
      union.sources[#union.sources + 1] = source
    end
  end
  if #union.sources > BRANCHES then return nil end
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
