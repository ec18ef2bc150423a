import { defineQueryScript, defineScript } from '../../define-script.js'
import { lua } from '../../lua.js'
import { drop, entries, sweep, terms } from './entries.js'
import { members, prelude } from './prelude.js'

/** Deletes records. Arguments: indexes, then ids. Returns 1 or 0 (no such record) for each. */
export const deleteScript = defineScript(
  'delete',
  prelude,
  members,
  entries,
  drop,
  lua`
local indexes = takeIndexes()
local outcomes = {}
for i = taken + 1, #ARGV do
  local id = ARGV[i]
  local stored = readIndexed(indexes, id)
  outcomes[#outcomes + 1] = stored[1] and 1 or 0
  if stored[1] then drop(indexes, id, stored) end
end
flush()
return outcomes
`,
)

/**
 * Sets or removes a deadline. Arguments: indexes, id, deadline in ms or '' for none. Returns 1, or 0 for no such record.
 */
export const expireScript = defineScript(
  'expire',
  prelude,
  members,
  entries,
  terms,
  drop,
  lua`
local indexes = takeIndexes()
local id, deadline = take(), take()
local stored = readIndexed(indexes, id)
if not stored[1] then return 0 end
local time = tonumber(now())
local old = redis.call('ZSCORE', EXPIRY, id)
if old and tonumber(old) <= time then
  reap({ id })
  return 0
end
local key = recordKey(id)
if deadline == '' then
  redis.call('PERSIST', key)
  redis.call('ZREM', EXPIRY, id)
  redis.call('HDEL', TERMS, id)
elseif tonumber(deadline) <= time then
  drop(indexes, id, stored)
  flush()
else
  local values = {}
  for i = 1, #indexes do values[i] = stored[i + 1] end
  redis.call('PEXPIREAT', key, deadline)
  redis.call('ZADD', EXPIRY, deadline, id)
  redis.call('HSET', TERMS, id, packTerms(indexes, stored[1], values))
end
return 1
`,
)

/**
 * Deletes a record if it is still as it was read. Arguments: indexes, id, its deadline ('' for none), its fields.
 * Returns 1 (deleted), 0 (no such record) or 2 (it has changed).
 */
export const deleteUnchangedScript = defineScript(
  'delete-unchanged',
  prelude,
  members,
  entries,
  drop,
  lua`
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
drop(indexes, id, readIndexed(indexes, id))
flush()
return 1
`,
)

/** Deletes up to so many records of a partition. Arguments: indexes, number. Returns how many live ones there were. */
export const clearScript = defineScript(
  'clear',
  prelude,
  members,
  entries,
  terms,
  sweep,
  drop,
  lua`
local indexes = takeIndexes()
local limit = takeNumber()
if sweep() then return { 0, 1 } end
local ids = redis.call('ZRANGE', INDEX, 0, limit - 1)
local live = 0
for _, id in ipairs(ids) do
  local stored = readIndexed(indexes, id)
  if stored[1] then live = live + 1 end
  drop(indexes, id, stored)
end
flush()
if #ids == limit then return { live, 1 } end
redis.call('UNLINK', EXPIRY, TERMS)
for _, index in ipairs(indexes) do redis.call('UNLINK', index.key, index.key .. ':%null') end
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
