import { defineQueryScript, defineScript } from '../../define-script.js'
import { lua } from '../../lua.js'
import { drop, entries, sweep, terms } from './entries.js'
import { members, prelude } from './prelude.js'

/**
 * Creates records. Arguments: `1` to replace and then the indexes, else `0`; time of creation in ms, '' for now; number of
 * shapes, for each `1` if its rows expire, the number of its fields, their names; number of rows, for each its id, the
 * number of its shape, if it expires its deadline and index terms, the values of the fields; then groups of index entries,
 * for each the end of its key, its kind, its size, and so many numbers of rows, for `s` each with a rank, for `t` with the
 * sortable text.
 * Returns 1 (created) or 0 (id taken) for each row. A row whose deadline has passed counts as created and leaves nothing.
 */
export const insertScript = defineScript(
  'insert',
  prelude,
  members,
  entries,
  terms,
  drop,
  lua`
local FIELDS = 4000
local replace = take() == '1'
local indexes = replace and takeIndexes()
local created = take()
local time = now()
local stamp = created == '' and time or stampOf(created)

local shapes = {}
for i = 1, takeNumber() do
  local shape = { expires = take() == '1', size = takeNumber(), fields = { '', stamp } }
  for j = 1, shape.size do shape.fields[2 * j + 1] = take() end
  shapes[tostring(i)] = shape
end

local count = takeNumber()
local ids, keys, starts = {}, {}, {}
for i = 1, count do
  local id, shape = ARGV[taken + 1], shapes[ARGV[taken + 2]]
  ids[i], keys[i], starts[i] = id, recordKey(id), taken
  taken = taken + 2 + (shape.expires and 2 or 0) + shape.size
end

local past = {}
for i, deadline in ipairs(redis.call('ZMSCORE', EXPIRY, unpack(ids))) do
  if deadline and tonumber(deadline) <= tonumber(time) then past[#past + 1] = ids[i] end
end
if #past > 0 then reap(past) end

local function store(key, shape, start)
  local fields = shape.fields
  for i = 1, shape.size do fields[2 * i + 2] = ARGV[start + i] end
  for first = 1, #fields, FIELDS do
    redis.call('HSET', key, unpack(fields, first, math.min(#fields, first + FIELDS - 1)))
  end
end

local existing = redis.call('EXISTS', unpack(keys))
local seen, stored, outcomes, main = {}, {}, {}, {}
for i = 1, count do
  local id, key, start = ids[i], keys[i], starts[i]
  local shape = shapes[ARGV[start + 2]]
  local deadline = shape.expires and ARGV[start + 3]
  local exists = seen[id] or (existing > 0 and redis.call('EXISTS', key) == 1)
  if exists and not replace then
    outcomes[i] = 0
  else
    if exists then
      drop(indexes, id, readIndexed(indexes, id))
      flush()
    end
    outcomes[i] = 1
    if not deadline or tonumber(deadline) > tonumber(time) then
      seen[id], stored[i] = true, id
      store(key, shape, start + (deadline and 4 or 2))
      main[#main + 1] = stamp
      main[#main + 1] = id
      if deadline then
        redis.call('PEXPIREAT', key, deadline)
        redis.call('ZADD', EXPIRY, deadline, id)
        redis.call('HSET', TERMS, id, stamp .. ':' .. ARGV[start + 4])
      end
    end
  end
end

if #main > 0 then redis.call('ZADD', INDEX, unpack(main)) end
for _ = 1, takeNumber() do
  local key, kind, size = INDEX .. ARGV[taken + 1], ARGV[taken + 2], tonumber(ARGV[taken + 3])
  local list, n = {}, 0
  taken = taken + 3
  if kind == '-' then
    for j = taken + 1, taken + size do
      local id = stored[tonumber(ARGV[j])]
      if id then
        list[n + 1], list[n + 2] = stamp, id
        n = n + 2
      end
    end
    taken = taken + size
  else
    for j = taken + 1, taken + 2 * size, 2 do
      local id = stored[tonumber(ARGV[j])]
      if id then
        if kind == 's' then
          list[n + 1], list[n + 2] = ARGV[j + 1], stamp .. id
        else
          list[n + 1], list[n + 2] = 0, ARGV[j + 1] .. '\0' .. stamp .. id
        end
        n = n + 2
      end
    end
    taken = taken + 2 * size
  end
  if n > 0 then redis.call('ZADD', key, unpack(list, 1, n)) end
end
return outcomes
`,
)

/**
 * Changes a record. Arguments: its id; number of changed searchable attributes, for each its name, kind, `1` or `0` for a
 * value or none, the value, its rank; number of set arguments, the fields; number of unset fields, their names.
 * Returns 1, or 0 for no such record. Entries are moved from the values that are stored, never from those believed.
 */
export const updateScript = defineScript(
  'update',
  prelude,
  members,
  lua`
local FIELDS = 4000
local id = take()
local key = recordKey(id)
local changes, names = {}, {}
for i = 1, takeNumber() do
  local name, kind, present, value, rank = take(), take(), take(), take(), take()
  changes[i] = { label = segment(name), kind = kind, value = present == '1' and value, rank = rank }
  names[i] = name
end
local stored = redis.call('HMGET', key, '', unpack(names))
local stamp = stored[1]
if not stamp then return 0 end

local function inGroups(command, length)
  for first = taken + 1, taken + length, FIELDS do
    redis.call(command, key, unpack(ARGV, first, math.min(taken + length, first + FIELDS - 1)))
  end
  taken = taken + length
end
inGroups('HSET', takeNumber())
inGroups('HDEL', takeNumber())

local moved = {}
for i, change in ipairs(changes) do
  local old, new = stored[i + 1], change.value
  if old ~= new then
    local index = INDEX .. ':' .. change.label
    redis.call('ZREM', index .. ':' .. segment(old), id)
    redis.call('ZADD', index .. ':' .. segment(new), stamp, id)
    if change.kind == 's' then
      if new then
        redis.call('ZADD', index, change.rank, stamp .. id)
      else
        redis.call('ZREM', index, stamp .. id)
      end
    elseif change.kind == 't' then
      if old then redis.call('ZREM', index, rangeMember('t', old, stamp, id)) end
      if new then redis.call('ZADD', index, 0, rangeMember('t', new, stamp, id)) end
    end
    moved[#moved + 1] = change
  end
end

if #moved > 0 then
  local packed = redis.call('HGET', TERMS, id)
  if packed then
    local parts = { stamp }
    local isMoved = {}
    for _, change in ipairs(moved) do isMoved[change.label] = true end
    for label, kind, text in string.gmatch(string.sub(packed, #stamp + 2), '([^:]*):([^:]*):([^:]*):') do
      if not isMoved[label] then parts[#parts + 1] = label .. ':' .. kind .. ':' .. text end
    end
    for _, change in ipairs(moved) do
      parts[#parts + 1] = change.label .. ':' .. change.kind .. ':' .. segment(change.value)
    end
    redis.call('HSET', TERMS, id, table.concat(parts, ':') .. ':')
  end
end
return 1
`,
)

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
