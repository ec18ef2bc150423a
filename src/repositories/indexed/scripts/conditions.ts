import { lua } from '../../lua.js'
import { textPattern } from './text-pattern.js'

/**
 * The condition interpreter. `takeCondition` reads a tree from the arguments; `filter` keeps those of a chunk of
 * candidates that fulfil it. A chunk has `n`, `ids` and `stamps`, or the `key` of the index by creation where to read them
 * when they are needed; `active` lists the places still in question, in order.
 *
 *     all n … · any n … · not … · in <attr> n <segment>… · composite <label> n <segment>…
 *     score|text <attr> <min> <max> · like <attr> <1: text index> n <part>…
 *     ids n <id>… · idRange <min> <max> · idLike n <part>…          an end of a range: '' , or `[` or `(` and the value
 *
 * Equality and number ranges are tested on index entries, many at once; text ranges and patterns on the record.
 */
export const conditions = lua`
local MANY = 8
local BYTEWISE = 'B' < 'a' and 'Z' < '_' and '_' < 'a' and 'z' < '\195\164' and 'a-b' < 'aa'

local function before(left, right)
  if BYTEWISE then return left < right end
  if left == right then return false end
  local length = math.min(#left, #right)
  for i = 1, length do
    local a, b = string.byte(left, i), string.byte(right, i)
    if a ~= b then return a < b end
  end
  return #left < #right
end

local function takeEnd(ofNumber)
  local sign = take()
  if sign == '' then return false end
  local text = take()
  return { open = sign == '(', text = text, number = ofNumber and tonumber(text) }
end

local function takeList()
  local list = {}
  for i = 1, takeNumber() do list[i] = take() end
  return list
end

-- How many conditions were taken that are tested one by one.
local tests = 0

local function takeCondition()
  local condition = { type = take() }
  local type = condition.type
  if type == 'all' or type == 'any' then
    condition.of = {}
    for i = 1, takeNumber() do condition.of[i] = takeCondition() end
    return condition
  elseif type == 'not' then
    condition.inner = takeCondition()
    return condition
  end
  tests = tests + 1
  if type == 'ids' then
    condition.list, condition.set = takeList(), {}
    for _, id in ipairs(condition.list) do condition.set[id] = true end
  elseif type == 'idRange' then
    condition.min, condition.max = takeEnd(false), takeEnd(false)
  elseif type == 'idLike' then
    condition.parts = takeList()
  elseif type == 'composite' then
    local key = INDEX .. ':' .. take()
    condition.type, condition.keys = 'in', {}
    for i, text in ipairs(takeList()) do condition.keys[i] = key .. ':' .. text end
  else
    condition.field = take()
    condition.key = INDEX .. ':' .. segment(condition.field)
    if type == 'in' then
      condition.set, condition.keys = {}, {}
      for i, text in ipairs(takeList()) do
        condition.set[text] = true
        condition.keys[i] = condition.key .. ':' .. text
      end
    elseif type == 'like' then
      condition.ranged = take() == '1'
      condition.parts = takeList()
    else
      condition.min, condition.max = takeEnd(type == 'score'), takeEnd(type == 'score')
    end
  end
  return condition
end

${textPattern}
local function isInTextRange(text, min, max)
  if min and (before(text, min.text) or (min.open and text == min.text)) then return false end
  if max and (before(max.text, text) or (max.open and text == max.text)) then return false end
  return true
end

local function isInScoreRange(score, min, max)
  if min and (score < min.number or (min.open and score == min.number)) then return false end
  if max and (score > max.number or (max.open and score == max.number)) then return false end
  return true
end

local function keep(active, isKept)
  local kept = {}
  for _, place in ipairs(active) do
    if isKept(place) then kept[#kept + 1] = place end
  end
  return kept
end

local function without(active, gone)
  if #gone == 0 then return active end
  local isGone = {}
  for _, place in ipairs(gone) do isGone[place] = true end
  return keep(active, function(place) return not isGone[place] end)
end

local function stored(chunk, place, field)
  return redis.call('HGET', recordKey(chunk.ids[place]), field)
end

local function stampsOf(chunk)
  if not chunk.stamps then
    chunk.stamps = {}
    for i, score in ipairs(redis.call('ZMSCORE', chunk.key, unpack(chunk.ids))) do chunk.stamps[i] = stampOf(score) end
  end
  return chunk.stamps
end

local function idScores(key, chunk, active)
  if #active == chunk.n then return redis.call('ZMSCORE', key, unpack(chunk.ids)) end
  local ids, wanted = chunk.ids, {}
  for i = 1, #active do wanted[i] = ids[active[i]] end
  return redis.call('ZMSCORE', key, unpack(wanted))
end

local function rangeScores(key, chunk, active)
  local ids, stamps, wanted = chunk.ids, stampsOf(chunk), {}
  for i = 1, #active do wanted[i] = stamps[active[i]] .. ids[active[i]] end
  return redis.call('ZMSCORE', key, unpack(wanted))
end

local filter

local function filterIn(condition, chunk, active)
  if #condition.keys > MANY and condition.field then
    return keep(active, function(place) return condition.set[segment(stored(chunk, place, condition.field))] end)
  end
  if #condition.keys == 1 then
    local entries, kept, n = idScores(condition.keys[1], chunk, active), {}, 0
    -- The score of an entry by equality is the time of creation, in any index.
    local scores = chunk.scores or {}
    for i = 1, #active do
      if entries[i] then
        n = n + 1
        kept[n] = active[i]
        scores[active[i]] = entries[i]
      end
    end
    chunk.scores = scores
    return kept
  end
  local found, rest = {}, active
  for _, key in ipairs(condition.keys) do
    if #rest == 0 then break end
    local entries, unmatched, n = idScores(key, chunk, rest), {}, 0
    for i = 1, #rest do
      if entries[i] then
        found[rest[i]] = true
      else
        n = n + 1
        unmatched[n] = rest[i]
      end
    end
    rest = unmatched
  end
  return keep(active, function(place) return found[place] end)
end

local function filterScore(condition, chunk, active)
  local entries = rangeScores(condition.key, chunk, active)
  local kept = {}
  for i, place in ipairs(active) do
    if entries[i] and isInScoreRange(tonumber(entries[i]), condition.min, condition.max) then
      kept[#kept + 1] = place
    end
  end
  return kept
end

local function filterLive(chunk, active)
  local deadlines, kept = idScores(EXPIRY, chunk, active), {}
  for i, place in ipairs(active) do
    if not deadlines[i] or tonumber(deadlines[i]) > LIVE then kept[#kept + 1] = place end
  end
  return kept
end

-- The places that fulfil none of the first conditions of a list.
local function outside(conditions, count, chunk, active)
  for i = 1, count do
    if #active == 0 then break end
    active = without(active, filter(conditions[i], chunk, active))
  end
  return active
end

filter = function(condition, chunk, active)
  if #active == 0 then return active end
  local type = condition.type
  if type == 'all' then
    for _, part in ipairs(condition.of) do active = filter(part, chunk, active) end
    return active
  elseif type == 'any' then
    return without(active, outside(condition.of, #condition.of, chunk, active))
  elseif type == 'none' then
    return outside(condition.of, condition.count, chunk, active)
  elseif type == 'not' then
    return without(active, filter(condition.inner, chunk, active))
  elseif type == 'in' then
    return filterIn(condition, chunk, active)
  elseif type == 'score' then
    return filterScore(condition, chunk, active)
  elseif type == 'ids' then
    return keep(active, function(place) return condition.set[chunk.ids[place]] end)
  elseif type == 'live' then
    return filterLive(chunk, active)
  elseif type == 'idRange' then
    return keep(active, function(place) return isInTextRange(chunk.ids[place], condition.min, condition.max) end)
  elseif type == 'idLike' then
    return keep(active, function(place) return isLike(chunk.ids[place], condition.parts) end)
  end
  return keep(active, function(place)
    local text = stored(chunk, place, condition.field)
    if not text then return false end
    if type == 'like' then return isLike(text, condition.parts) end
    return isInTextRange(text, condition.min, condition.max)
  end)
end
`
