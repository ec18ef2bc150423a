import { lua } from '../../lua.js'

/**
 * Index entries that go: collected by key, and removed with one command for each key by `flush`, with which a script ends.
 * `takeIndexes` reads the model's indexes: name and kind, `s` by number, `t` by text, `-` equality alone.
 */
export const entries = lua`
local GROUP = 1000
local removed, removedKeys = {}, {}

local function remove(key, member)
  local group = removed[key]
  if not group then
    group = {}
    removed[key] = group
    removedKeys[#removedKeys + 1] = key
  end
  group[#group + 1] = member
end

local function flush()
  for _, key in ipairs(removedKeys) do
    local list = removed[key]
    for first = 1, #list, GROUP do
      redis.call('ZREM', key, unpack(list, first, math.min(first + GROUP - 1, #list)))
    end
  end
  removed, removedKeys = {}, {}
end

local function takeIndexes()
  local indexes = {}
  for i = 1, takeNumber() do
    local name = take()
    local label = segment(name)
    indexes[i] = { name = name, label = label, key = INDEX .. ':' .. label, kind = take() }
  end
  return indexes
end

local function readIndexed(indexes, id)
  local names = {}
  for i, index in ipairs(indexes) do names[i] = index.name end
  return redis.call('HMGET', recordKey(id), '', unpack(names))
end

local function removeEntry(label, kind, value, stamp, id)
  local key = INDEX .. ':' .. label
  remove(key .. ':' .. segment(value), id)
  if value and kind ~= '-' then remove(key, rangeMember(kind, value, stamp, id)) end
end
`

/**
 * Terms of expiring records, `<stamp>:` and for each index `<label>:<kind>:<value segment>:`; and `reap`, which removes
 * records past their deadline with all their entries. The record's hash is deleted too: Redis' own expiry and this one
 * need not agree on the current millisecond.
 */
export const terms = lua`
local function packTerms(indexes, stamp, values)
  local parts = { stamp }
  for i, index in ipairs(indexes) do
    parts[#parts + 1] = index.label
    parts[#parts + 1] = index.kind
    parts[#parts + 1] = segment(values[i])
  end
  return table.concat(parts, ':') .. ':'
end

local function reap(ids)
  local packed = redis.call('HMGET', TERMS, unpack(ids))
  local keys = {}
  for i, id in ipairs(ids) do
    keys[i] = recordKey(id)
    remove(INDEX, id)
    remove(EXPIRY, id)
    if packed[i] then
      local stamp, rest = string.match(packed[i], '^(%d+):(.*)$')
      for label, kind, text in string.gmatch(rest, '([^:]*):([^:]*):([^:]*):') do
        removeEntry(label, kind, unsegment(text), stamp, id)
      end
    end
  end
  redis.call('UNLINK', unpack(keys))
  redis.call('HDEL', TERMS, unpack(ids))
  flush()
end
`

/**
 * Reaps what is past its deadline, so many at once that no call takes long; returns true when there may be more. A server
 * that refuses to write, as a replica does, sets LIVE instead: the query itself then leaves out what expired by that time.
 */
export const sweep = lua`
local LIVE = false

local function sweep()
  local first = redis.call('ZRANGE', EXPIRY, 0, 0, 'WITHSCORES')
  if #first == 0 then return false end
  local time = now()
  if tonumber(first[2]) > tonumber(time) then return false end
  local refused = redis.pcall('UNLINK', recordKey(first[1]))
  if type(refused) == 'table' and refused.err then
    LIVE = tonumber(time)
    return false
  end
  local ids = redis.call('ZRANGEBYSCORE', EXPIRY, '-inf', time, 'LIMIT', 0, GROUP)
  reap(ids)
  return #ids == GROUP
end
`

/** `drop` removes a record that was read with `readIndexed`, whatever its deadline. */
export const drop = lua`
local function drop(indexes, id, stored)
  redis.call('UNLINK', recordKey(id))
  remove(INDEX, id)
  for i, index in ipairs(indexes) do
    removeEntry(index.label, index.kind, stored[i + 1], stored[1] or '', id)
  end
  if redis.call('ZREM', EXPIRY, id) == 1 then redis.call('HDEL', TERMS, id) end
end
`
