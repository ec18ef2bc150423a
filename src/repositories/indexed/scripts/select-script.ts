import { lua, nested } from '../../lua.js'
import { bestRows } from './best-rows.js'
import { definePartitionQuery } from './query-script.js'
import { question } from './question.js'
import { quickOrder } from './quick-order.js'
import { rows } from './rows.js'

/**
 * Finds rows in order. Arguments: those of all query scripts; rows wanted; number of fields to be read and their names, field '' first,
 * none for ids alone; the order and the place to begin (`question.ts`); resume; the condition.
 *
 * Returns { state, driver, ordered, …, packed() }, the rows as `rows.ts` packs them. States:
 *   again     expired records were reaped, call again
 *   done      these are all the rows that follow `after`
 *   full      as many rows as wanted; more may follow the last one, not before the place that comes with them, if one does
 *   after     the budget is spent; rows so far, and the place from which to go on
 *   segment   the budget is spent in a driver that must be read on and sorted: the best rows of this segment; where others
 *             were left out, the place of the last one kept, otherwise ''; and where to resume
 *   sorted    the last segment, alike but for the place to resume
 */
export const selectScript = definePartitionQuery('select', {
  quick: quickOrder,
  definitions: [
    rows,
    question,
    lua`
local driver, residual

-- The place of an entry of a chunk that was read in the wanted order.
local function placeAt(source, chunk, at)
  local id = chunk.ids[at]
  local stamp = chunk.stamps and chunk.stamps[at] or stampOf(redis.call('ZSCORE', chunk.key, id))
  if source.kind == 'c' then
    if order.field == '' then return { stamp, id } end
    return { 'n', '', stamp, id }
  end
  local member, score = chunk.flat[chunk.first + (at - 1) * chunk.step], chunk.flat[chunk.first + (at - 1) * chunk.step + 1]
  if source.kind == 's' then return { 'v', score, stamp, id } end
  local stop = string.find(member, '\0', 1, true)
  return { 'v', unsortable(string.sub(member, 1, stop - 1)), stamp, id }
end

local function stopAt(source, chunk)
  return { 'after', driver.number, 1, placeAt(source, chunk, chunk.n), packed() }
end

-- As many rows as wanted. The next candidate, where it was read, tells how far the rows that follow are.
local function full(source, chunk, place)
  local bound = place < chunk.n and placeAt(source, chunk, place + 1) or ''
  return { 'full', driver.number, 1, packed(), bound }
end

-- How many candidates to read next: what is missing and one more where all of them are rows, else more and more of them.
local ahead
local function readAhead()
  local missing = want - found
  if #residual.of == 0 then return math.min(CHUNK, missing + 1) end
  ahead = math.min(CHUNK, math.max(16, 2 * missing, 2 * ahead))
  return ahead
end

local function start(source)
  if not after then return end
  local rank = after.ranks[1]
  if order.field ~= '' and source.kind == 'c' then
    if not rank then
      skipTo(source, after.stamp, after.id, reverse)
    elseif order.nullsFirst then
      source.lo = source.hi
    end
  elseif order.field ~= '' and not rank then
    if not order.nullsFirst then source.lo = source.hi end
  elseif source.kind == 'c' then
    skipTo(source, after.stamp, after.id, reverse)
  elseif source.kind == 's' then
    skipTo(source, rank, after.stamp .. after.id, reverse)
  else
    skipTo(source, 0, rangeMember('t', rank, after.stamp, after.id), reverse)
  end
end

local function readOrdered()
  local examined = 0
  -- A condition that tests an equality tells when its records were created.
  local needsStamps = isIdsOnly
  for _, condition in ipairs(residual.of) do
    if condition.type == 'in' and #condition.keys == 1 then needsStamps = false end
  end
  for _, source in ipairs(driver.sources) do
    start(source)
    while size(source) > 0 do
      local chunk = newChunk()
      local count = peek(source, readAhead(), reverse, chunk, needsStamps)
      advance(source, count, reverse)
      examined = examined + count
      if #residual.of == 0 and not isIdsOnly then
        local place = emitAll(chunk)
        if place then return full(source, chunk, place) end
      else
        for _, place in ipairs(filter(residual, chunk, allOf(chunk))) do
          emit(chunk, place)
          if isFull() then return full(source, chunk, place) end
        end
      end
      if examined >= BUDGET then return stopAt(source, chunk) end
    end
  end
  return { 'done', driver.number, 1, packed() }
end

-- Several sets, merged by creation: reads ahead in each, and takes what precedes the first unread entry of any.
local function readMerged()
  local function precedes(left, right)
    local a, b = left.created, right.created
    if a ~= b then
      if reverse then return a > b end
      return a < b
    end
    if reverse then return before(right.id, left.id) end
    return before(left.id, right.id)
  end

  local examined, latest = 0, false
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
      if entry.id ~= latest then
        chunk.n = chunk.n + 1
        chunk.ids[chunk.n], chunk.stamps[chunk.n] = entry.id, entry.stamp
        latest = entry.id
      end
      examined = examined + 1
      advance(entry.source, 1, reverse)
    end
    for _, place in ipairs(filter(residual, chunk, allOf(chunk))) do
      emit(chunk, place)
      if isFull() then return full(open[1], chunk, place) end
    end
    if examined >= BUDGET and chunk.n > 0 then return stopAt(open[1], chunk) end
  end
end

local function readSorted()
${nested(bestRows)}
  -- The first of several orders leads: reading begins with the rank of the place to begin, and ends where all others have a
  -- later rank than the rows found.
  local function startAtRank(source)
    if not after then return end
    local rank = after.ranks[1]
    if source.kind == 'c' and order.kind ~= 'c' then
      if rank and order.nullsFirst then source.lo = source.hi end
    elseif not rank then
      if not order.nullsFirst then source.lo = source.hi end
    elseif source.kind ~= 't' then
      if reverse then
        source.hi = math.min(source.hi, scoreBelow(source.key, rank, false))
      else
        source.lo = math.max(source.lo, scoreBelow(source.key, rank, true))
      end
    else
      local text = sortable(rank)
      if reverse then
        source.hi = math.min(source.hi, textBelow(source.key, text .. '\1'))
      else
        source.lo = math.max(source.lo, textBelow(source.key, text .. '\0'))
      end
    end
  end

  local function lastRank(source, chunk)
    if source.kind == 's' then return tonumber(chunk.score) end
    if order.kind == 'c' then return tonumber(chunk.stamps[chunk.n]) end
    if source.kind == 'c' then return false end
    local stop = string.find(chunk.member, '\0', 1, true)
    return unsortable(string.sub(chunk.member, 1, stop - 1))
  end

  local isLeading = driver.leading
  if isLeading then
    for _, source in ipairs(driver.sources) do startAtRank(source) end
  end
  local stop = walk(driver, residual, resume, true, function(chunk, kept, source)
    considerRows(chunk, kept)
    if not isLeading or #best < want then return false end
    cutRows()
    return rankPrecedes(1, best[#best].ranks[1], lastRank(source, chunk))
  end, isLeading and reverse, isLeading and readAhead)
  cutRows()
  if cutAt or stop == true then cutAt = best[#best] end
  for i, row in ipairs(best) do
    emit(row.chunk, row.place)
    if bytes >= BYTES and i < #best then
      cutAt = row
      break
    end
  end
  local place = cutAt and placeOf(cutAt) or ''
  if stop and stop ~= true then
    return { 'segment', driver.number, 0, place, packed(), stop[1], stop[2], stop[3], stop[4] }
  end
  return { 'sorted', driver.number, 0, place, packed() }
end
`,
  ],
  answer: lua`
takeProjection()
takeQuestion()
ahead = 0
local drivers = planDrivers(conjuncts, orders, tieReverse)
driver = resume and numbered(drivers, resume.driver) or choose(drivers, want)
residual = residualOf(conjuncts, driver, driver.ordered and driver.merged)
if not driver.ordered then return readSorted() end
if driver.merged then return readMerged() end
return readOrdered()
`,
})
