import { defineQueryScript, defineScript } from '../../define-script.js'
import { lua } from '../../lua.js'
import { deadlines } from './deadlines.js'
import { drop, entries, singleEntries, sweep, terms } from './entries.js'
import { guard } from './guard.js'
import { predicate } from './predicate.js'
import { members, prelude } from './prelude.js'

/** Deletes records. Arguments: those of the guard; indexes, then ids. Returns 1 or 0 (no such record) for each. */
export const deleteScript = defineScript(
  'delete',
  prelude,
  members,
  entries,
  singleEntries,
  guard,
  drop,
  lua`
local refusal = guard()
if refusal then return refusal end
local indexes = takeIndexes()
local outcomes = {}
guardIds({ unpack(ARGV, taken + 1) })
for i = taken + 1, #ARGV do
  local id = ARGV[i]
  local stored = readIndexed(indexes, id)
  outcomes[#outcomes + 1] = stored[1] and 1 or 0
  if stored[1] then drop(indexes, id, stored) end
end
flush()
forget()
return outcomes
`,
)

/**
 * Deletes records that fulfil a condition. Arguments: those of the guard; indexes, number of the attributes that the condition reads besides
 * the watched ones, their names, the condition, `1` to answer with the fields of those that do not fulfil it, ids. Returns
 * for each 1, 0 (no such record), or 2 or the fields (it does not fulfil the condition).
 */
export const deleteIfScript = defineScript(
  'delete-if',
  prelude,
  members,
  entries,
  singleEntries,
  guard,
  drop,
  predicate,
  lua`
local refusal = guard()
if refusal then return refusal end
local indexes = takeIndexes()
for _ = 1, takeNumber() do indexes.names[#indexes.names + 1] = take() end
local condition, withFields = takePredicate(), take() == '1'
local outcomes = {}
for i = taken + 1, #ARGV do
  local id = ARGV[i]
  local stored = readIndexed(indexes, id)
  if not stored[1] then
    outcomes[#outcomes + 1] = 0
  elseif holds(condition, stored, id) then
    outcomes[#outcomes + 1] = 1
    guardIds({ id })
    drop(indexes, id, stored)
  else
    outcomes[#outcomes + 1] = withFields and redis.call('HGETALL', recordKey(id)) or 2
  end
end
flush()
forget()
return outcomes
`,
)

/**
 * Sets or removes a deadline. Arguments: those of the guard; indexes, id, deadline in ms or '' for none. Returns 1, or 0 for no such record.
 */
export const expireScript = defineScript(
  'expire',
  prelude,
  members,
  entries,
  singleEntries,
  guard,
  terms,
  drop,
  deadlines,
  lua`
local refusal = guard()
if refusal then return refusal end
local indexes = takeIndexes()
local id, deadline = take(), take()
local stored = readIndexed(indexes, id)
if not stored[1] then return 0 end
local old = redis.call('ZSCORE', EXPIRY, id)
if old and tonumber(old) <= nowMs() then
  reap({ id })
  forget()
  return 0
end
guardIds({ id })
setDeadline(indexes, id, stored, deadline)
return 1
`,
)

/**
 * Gives records a later deadline. Arguments: those of the guard; indexes, deadline in ms, ids. Records that never expire, or not before that, stay
 * as they are. Returns for each 1 (it has the new one) or 0.
 */
export const extendScript = defineScript(
  'extend',
  prelude,
  members,
  entries,
  singleEntries,
  guard,
  terms,
  drop,
  deadlines,
  lua`
local refusal = guard()
if refusal then return refusal end
local indexes = takeIndexes()
local deadline = take()
local ids = { unpack(ARGV, taken + 1) }
local outcomes = {}
for i, old in ipairs(redis.call('ZMSCORE', EXPIRY, unpack(ids))) do
  outcomes[i] = 0
  if old and tonumber(old) > nowMs() and tonumber(old) < tonumber(deadline) then
    local stored = readIndexed(indexes, ids[i])
    if stored[1] then
      guardIds({ ids[i] })
      setDeadline(indexes, ids[i], stored, deadline)
      outcomes[i] = 1
    end
  end
end
return outcomes
`,
)

/**
 * Deletes a record if it is still as it was read. Arguments: those of the guard; indexes, id, its deadline ('' for none), its fields.
 * Returns 1 (deleted), 0 (no such record) or 2 (it has changed).
 */
export const deleteUnchangedScript = defineScript(
  'delete-unchanged',
  prelude,
  members,
  entries,
  singleEntries,
  guard,
  drop,
  lua`
local refusal = guard()
if refusal then return refusal end
local indexes = takeIndexes()
local id, deadline = take(), take()
local stored = redis.call('HGETALL', recordKey(id))
if #stored == 0 then return 0 end
if (redis.call('ZSCORE', EXPIRY, id) or '') ~= deadline or #stored ~= #ARGV - taken then return 2 end
local expected = {}
for i = taken + 1, #ARGV, 2 do expected[ARGV[i]] = ARGV[i + 1] end
for i = 1, #stored, 2 do
  if expected[stored[i]] ~= stored[i + 1] then return 2 end
end
guardIds({ id })
drop(indexes, id, readIndexed(indexes, id))
flush()
forget()
return 1
`,
)

/** Deletes up to so many records of a partition. Arguments: those of the guard; indexes, number. Returns how many live ones there were. */
export const clearScript = defineScript(
  'clear',
  prelude,
  members,
  entries,
  singleEntries,
  guard,
  terms,
  sweep,
  drop,
  lua`
local refusal = guard()
if refusal then return refusal end
local indexes = takeIndexes()
local limit = takeNumber()
if sweep() then return { 0, 1 } end
local ids = redis.call('ZRANGE', INDEX, 0, limit - 1)
guardIds(ids)
local live = 0
for _, id in ipairs(ids) do
  local stored = readIndexed(indexes, id)
  if stored[1] then live = live + 1 end
  drop(indexes, id, stored)
end
flush()
if #ids == limit then return { live, 1 } end
for i, index in ipairs(indexes) do
  if index.kind ~= 'n' then
    redis.call('UNLINK', INDEX .. ':' .. index.label, INDEX .. ':' .. index.label .. ':%null')
  end
end
redis.call('UNLINK', INDEX .. ':%moves')
forget()
return { live, 0 }
`,
)

/** Reads a deadline, and the fields of the record if asked. Arguments: id, `1` for the fields. Returns {} for no such record. */
export const readScript = defineQueryScript(
  'read',
  prelude,
  lua`
local id, withFields = take(), take() == '1'
local key = recordKey(id)
if redis.call('HEXISTS', key, '') == 0 then return {} end
local deadline = redis.call('ZSCORE', EXPIRY, id) or ''
if deadline ~= '' and tonumber(deadline) <= tonumber(now()) then return {} end
return { deadline, withFields and redis.call('HGETALL', key) or {} }
`,
)
