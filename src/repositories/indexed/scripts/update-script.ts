import { defineScript } from '../../define-script.js'
import { lua } from '../../lua.js'
import { arithmetic } from './arithmetic.js'
import { change } from './change.js'
import { deadlines } from './deadlines.js'
import { drop, entries, singleEntries, terms } from './entries.js'
import { guard } from './guard.js'
import { predicate } from './predicate.js'
import { members, prelude } from './prelude.js'
import { quickUpdate } from './quick-update.js'

/**
 * Changes a record. Arguments: those of the guard; how long index keys live, its id, the change. Returns 1, or 0 for no such record.
 */
export const updateScript = defineScript(
  'update',
  quickUpdate,
  prelude,
  members,
  entries,
  singleEntries,
  guard,
  change,
  lua`
local refusal = guard()
if refusal then return refusal end
TTL = takeNumber()
local id = take()
local change = takeChange()
local stored = redis.call('HMGET', recordKey(id), '', unpack(change.names))
if not stored[1] then return 0 end
for i = change.known + 1, #change.names do change.values[i] = stored[i + 1] end
guardIds({ id })
writeChange(change, id, stored)
return 1
`,
)

/**
 * Changes a record if it fulfils a condition; with numbers to add, another key in the same partition, another deadline.
 * Arguments: those of the guard; `1` and the indexes, or `0` and how long index keys live where neither key nor deadline
 * changes; the id, the id afterwards, the change, `1` and a condition or `0`, number of increments, for each
 * the place of its attribute among the watched ones of the change, `i` for decimals or `f` for floats, what is added, the
 * least and the greatest result ('' for none); `=` for the deadline that it has, else the new one in ms, '' for none.
 *
 * Returns {1, new texts of the incremented …}, {0} for no such record, {2, fields} for one that does not fulfil the
 * condition, {3, number, stored text} for the increment of that number leaving its range, {4, number, stored text} for
 * stored text that is no number, {5} for a new id that is taken.
 */
export const changeScript = defineScript(
  'change',
  prelude,
  members,
  entries,
  singleEntries,
  guard,
  terms,
  drop,
  predicate,
  arithmetic,
  change,
  deadlines,
  lua`
local function carry(key, member, other)
  local score = redis.call('ZSCORE', key, member)
  if score then
    redis.call('ZADD', key, score, other)
    redis.call('ZREM', key, member)
  end
end

local function rekey(indexes, from, to)
  local stored = readIndexed(indexes, from)
  local stamp = stored[1]
  redis.call('RENAME', recordKey(from), recordKey(to))
  carry(INDEX, from, to)
  for i, index in ipairs(indexes) do
    local value, kind = stored[i + 1], index.kind
    if kind ~= 'n' then
      local key = INDEX .. ':' .. index.label
      carry(key .. ':' .. segment(value), from, to)
      if value and kind ~= '-' then
        carry(key, rangeMember(kind, value, stamp, from), rangeMember(kind, value, stamp, to))
      end
    end
  end
  for _, composite in ipairs(indexes.composites) do
    carry(INDEX .. ':' .. composite.label .. ':' .. combined(composite, stored), from, to)
  end
  carry(EXPIRY, from, to)
  local packed = redis.call('HGET', TERMS, from)
  if packed then
    redis.call('HSET', TERMS, to, packed)
    redis.call('HDEL', TERMS, from)
  end
end

local refusal = guard()
if refusal then return refusal end
local indexes = take() == '1' and takeIndexes()
if not indexes then TTL = takeNumber() end
local from, to = take(), take()
local change = takeChange()
local condition = take() == '1' and takePredicate()
local stored = redis.call('HMGET', recordKey(from), '', unpack(change.names))
if not stored[1] then return { 0 } end
if condition and not holds(condition, stored, from) then
  return { 2, redis.call('HGETALL', recordKey(from)) }
end
for i = change.known + 1, #change.names do change.values[i] = stored[i + 1] end

local reply, fields = { 1 }, {}
for i = 1, takeNumber() do
  local place, isFloat, by, min, max = takeNumber(), take() == 'f', take(), take(), take()
  local current = stored[place + 1] or '0'
  local sum = isFloat and addFloats(current, by)
  if not isFloat then sum = addDecimals(current, by) end
  if not sum then return { 4, i, current } end
  if (min ~= '' and not isAtLeast(sum, min, isFloat)) or (max ~= '' and not isAtLeast(max, sum, isFloat)) then
    return { 3, i, current }
  end
  -- As clients rank it: Redis refuses digits beyond the range of a score.
  local rank = tonumber(sum)
  change.values[place], change.ranks[place] = sum, rank == math.huge and 'inf' or rank == -math.huge and '-inf' or sum
  fields[2 * i - 1], fields[2 * i], reply[i + 1] = change.names[place], sum, sum
end
local deadline = take()

if from ~= to then
  local expired = redis.call('ZSCORE', EXPIRY, to)
  if expired and tonumber(expired) <= nowMs() then reap({ to }) end
  if redis.call('EXISTS', recordKey(to)) == 1 then return { 5 } end
  guardIds({ from, to })
else
  guardIds({ from })
end
if from ~= to then
  rekey(indexes, from, to)
end
if #fields > 0 then redis.call('HSET', recordKey(to), unpack(fields)) end
writeChange(change, to, stored)
if deadline ~= '=' then setDeadline(indexes, to, readIndexed(indexes, to), deadline) end
return reply
`,
)
