import { defineQueryScript } from '../../define-script.js'
import { lua } from '../../lua.js'
import { conditions } from './conditions.js'
import { entries, sweep, terms } from './entries.js'
import { members, prelude } from './prelude.js'
import { planner, sources } from './sources.js'

import { walk } from './walk.js'

/**
 * Finds rows in order. Arguments: budget, chunk; rows wanted; order (`c` creation, `s` number, `t` text, `k` id), its attribute, `desc`;
 * after ('' or `value` or `null`, and rank, stamp, id); resume; the condition.
 *
 * Returns { state, driver, ordered, …, packed() }. Rows are id, names of fields, values in turn; instead of names that are
 * the same as those of the row before there is false. States:
 *   again     expired records were reaped, call again
 *   done      these are all the rows that follow `after`
 *   full      as many rows as wanted; more may follow the last one
 *   after     the budget is spent; rows so far, and the `after` from which to go on: kind, rank, stamp, id
 *   segment   the budget is spent in a driver that must be read to its end and sorted: the best rows of this segment;
 *             where others were left out, the `after` of the last one kept, otherwise ''; and where to resume
 *   sorted    the last segment, alike but for the place to resume
 */
export const selectScript = defineQueryScript(
  'select',
  prelude,
  members,
  entries,
  terms,
  sweep,
  conditions,
  sources,
  planner,
  walk,
  lua`
local BYTES = 4194304
local want = takeNumber()
local order = { kind = take(), field = take(), key = '' }
local reverse = take() == 'desc'
if order.field ~= '' then order.key = INDEX .. ':' .. segment(order.field) end
local after = { kind = take(), rank = take(), stamp = take(), id = take() }
if after.kind == '' then after = false end
local resume = takeResume()
local conjuncts = takeConjuncts()
local drivers = planDrivers(conjuncts, order)
local driver = resume and drivers[resume.driver] or choose(drivers, want)
local residual = residualOf(conjuncts, driver)
local rows, bytes = {}, 0

local found, names = 0, {}
local function emit(id)
  local fields = redis.call('HGETALL', recordKey(id))
  local length = #fields
  local count = length / 2
  if count == 0 then return end
  local known = names
  local isSame = count == #known
  -- The values move together in place: a second table for each row would cost more than it saves.
  for i = 1, count do
    local name, value = fields[2 * i - 1], fields[2 * i]
    if name ~= known[i] or not isSame then
      if known == names then
        names = {}
        for j = 1, i - 1 do names[j] = known[j] end
      end
      names[i] = name
      isSame = false
    end
    bytes = bytes + #value
    fields[i] = value
  end
  for i = length, count + 1, -1 do fields[i] = nil end
  local place = 3 * found
  rows[place + 1], rows[place + 2], rows[place + 3] = id, not isSame and names, fields
  found = found + 1
end

local function packed()
  return found == 0 and '[]' or cjson.encode(rows)
end

local function isFull()
  return found >= want or bytes >= BYTES
end

local function stopAt(kind, rank, stamp, id)
  return { 'after', driver.number, 1, kind, rank, stamp, id, packed() }
end

local function cursor(source, chunk)
  local id = chunk.ids[chunk.n]
  local stamp = chunk.stamps and chunk.stamps[chunk.n] or stampOf(redis.call('ZSCORE', chunk.key, id))
  if source.kind == 's' then return stopAt('value', chunk.score, stamp, id) end
  if source.kind == 't' then
    local stop = string.find(chunk.member, '\0', 1, true)
    return stopAt('value', unsortable(string.sub(chunk.member, 1, stop - 1)), stamp, id)
  end
  return stopAt(order.field == '' and 'value' or 'null', stamp, stamp, id)
end

-- How many candidates to read next: what is missing where all of them are rows, else more and more of them.
local ahead = 0
local function readAhead()
  local missing = want - found
  if #residual.of == 0 then return math.min(CHUNK, missing) end
  ahead = math.min(CHUNK, math.max(16, 2 * missing, 2 * ahead))
  return ahead
end

local function start(source)
  if not after then return end
  local isNullPart = order.field ~= '' and source.kind == 'c'
  if isNullPart then
    if after.kind == 'null' then skipTo(source, after.stamp, after.id, reverse) end
  elseif after.kind == 'null' then
    source.lo = source.hi
  elseif source.kind == 'c' then
    skipTo(source, after.stamp, after.id, reverse)
  elseif source.kind == 's' then
    skipTo(source, after.rank, after.stamp .. after.id, reverse)
  else
    skipTo(source, 0, rangeMember('t', after.rank, after.stamp, after.id), reverse)
  end
end

local function readOrdered()
  local examined = 0
  for _, source in ipairs(driver.sources) do
    start(source)
    while size(source) > 0 do
      local chunk = newChunk()
      local count = peek(source, readAhead(), reverse, chunk)
      advance(source, count, reverse)
      examined = examined + count
      for _, place in ipairs(filter(residual, chunk, allOf(chunk))) do
        emit(chunk.ids[place])
        if isFull() then return { 'full', driver.number, 1, packed() } end
      end
      if examined >= BUDGET then return cursor(source, chunk) end
    end
  end
  return { 'done', driver.number, 1, packed() }
end

local function precedes(left, right)
  local a, b = left.created, right.created
  if a ~= b then
    if reverse then return a > b end
    return a < b
  end
  if reverse then return before(right.id, left.id) end
  return before(left.id, right.id)
end

-- Several equality sets, merged by creation: reads ahead in each, and takes what precedes the first unread entry of any.
local function readMerged()
  local examined = 0
  for _, source in ipairs(driver.sources) do start(source) end
  while true do
    local open = {}
    for _, source in ipairs(driver.sources) do
      if size(source) > 0 then open[#open + 1] = source end
    end
    if #open == 0 then return { 'done', driver.number, 1, packed() } end
    local each = math.ceil(readAhead() / #open) + 1
    local pool, horizon = {}, false
    for _, source in ipairs(open) do
      local chunk = newChunk()
      local count = peek(source, each, reverse, chunk, true)
      for i = 1, chunk.n do
        local stamp = chunk.stamps[i]
        pool[#pool + 1] = { id = chunk.ids[i], stamp = stamp, created = tonumber(stamp), source = source }
      end
      if count < size(source) then
        local last = pool[#pool]
        if not horizon or precedes(last, horizon) then horizon = last end
      end
    end
    table.sort(pool, precedes)
    local chunk = newChunk()
    for _, entry in ipairs(pool) do
      if horizon and precedes(horizon, entry) then break end
      chunk.n = chunk.n + 1
      chunk.ids[chunk.n], chunk.stamps[chunk.n] = entry.id, entry.stamp
      advance(entry.source, 1, reverse)
    end
    examined = examined + chunk.n
    for _, place in ipairs(filter(residual, chunk, allOf(chunk))) do
      emit(chunk.ids[place])
      if isFull() then return { 'full', driver.number, 1, packed() } end
    end
    if examined >= BUDGET then return cursor(open[1], chunk) end
  end
end

-- The wanted order is not the driver's: keeps the best rows of what it reads.
local function compareRank(left, right)
  if left == right then return 0 end
  if order.kind == 's' then return left < right and -1 or 1 end
  return before(left, right) and -1 or 1
end

local function comesFirst(left, right)
  if left.rank and right.rank then
    local difference = compareRank(left.rank, right.rank)
    if difference ~= 0 then return (difference < 0) ~= reverse end
  elseif left.rank or right.rank then
    return left.rank and true or false
  end
  if order.kind == 'k' then return false end
  return precedes(left, right)
end

local function ranksOf(chunk, places)
  local ranks, texts = {}, {}
  if order.kind == 's' and #places > 0 then
    local entries = rangeScores(order.key, chunk, places)
    for i = 1, #places do ranks[i], texts[i] = entries[i] and tonumber(entries[i]), entries[i] end
  else
    for i, place in ipairs(places) do
      local rank = 0
      if order.kind == 't' then
        rank = stored(chunk, place, order.field)
      elseif order.kind == 'k' then
        rank = chunk.ids[place]
      end
      ranks[i], texts[i] = rank, rank
    end
  end
  return ranks, texts
end

local function placeOf(row)
  return { row.rank and 'value' or 'null', row.rank and order.kind ~= 'c' and row.text or '', row.stamp, row.id }
end

local function readSorted()
  local best, cutAt = {}, false
  local floor = false
  if after then
    floor = { rank = after.kind == 'value' and after.rank, created = tonumber(after.stamp), id = after.id }
    if order.kind == 's' and floor.rank then floor.rank = tonumber(floor.rank) end
    if order.kind == 'c' then floor.rank = 0 end
  end
  local function cut()
    table.sort(best, comesFirst)
    if #best > want then cutAt = best[want] end
    for i = #best, want + 1, -1 do best[i] = nil end
  end
  local stop = walk(driver, residual, resume, true, function(chunk, kept)
    local ranks, texts = ranksOf(chunk, kept)
    for i, place in ipairs(kept) do
      local stamp = chunk.stamps[place]
      local row = { id = chunk.ids[place], stamp = stamp, created = tonumber(stamp), rank = ranks[i], text = texts[i] }
      if not floor or comesFirst(floor, row) then best[#best + 1] = row end
    end
    if #best > 2 * want + 1000 then cut() end
  end)
  cut()
  if cutAt then cutAt = best[#best] end
  for i, row in ipairs(best) do
    emit(row.id)
    if bytes >= BYTES and i < #best then
      cutAt = row
      break
    end
  end
  local place = cutAt and placeOf(cutAt) or ''
  if stop then return { 'segment', driver.number, 0, place, stop[1], stop[2], stop[3], stop[4], packed() } end
  return { 'sorted', driver.number, 0, place, packed() }
end

if not driver.ordered then return readSorted() end
if driver.merged then return readMerged() end
return readOrdered()
`,
)
