import { lua, nested } from '../../lua.js'
import { lifetimes } from './lifetimes.js'

/**
 * Index entries. `takeIndexes` reads the model's indexes: how long index keys live; the attributes on which entries depend,
 * each with its kind: `s` by number, `t` by text, `-` equality alone, `n` only as a part of composites; the composites, each
 * with its label and the places of its parts. `readIndexed` reads the values of a record. `eachEntry` calls a function with
 * the key and the member of each of its entries, that of the main index left out.
 *
 * Entries that go are collected by key, and removed with one command for each key by `flush`, with which a script ends.
 * `forget` removes what is left of a partition without records.
 */
export const entries = lua`
${lifetimes}
local GROUP = 1000
local removed, removedKeys = {}, {}

local function remove(key, member, expires)
  local group = removed[key]
  if not group then
    group = { {}, {} }
    removed[key] = group
    removedKeys[#removedKeys + 1] = key
  end
  local list = expires and group[2] or group[1]
  list[#list + 1] = member
end

local function removeAll(key, list)
  local number = 0
  for first = 1, #list, GROUP do
    number = number + redis.call('ZREM', key, unpack(list, first, math.min(first + GROUP - 1, #list)))
  end
  return number
end

local function flush()
  if #removedKeys == 0 then return end
  local hasExpiring = redis.call('EXISTS', EXPIRY, MIXED) > 0
  for _, key in ipairs(removedKeys) do
    local staying, expiring = removeAll(key, removed[key][1]), removeAll(key, removed[key][2])
    if hasExpiring and key ~= EXPIRY then left(key, staying, expiring) end
  end
  removed, removedKeys = {}, {}
  if hasExpiring then endMixture() end
end

local function forget()
  if redis.call('EXISTS', INDEX) == 1 then return end
  redis.call('UNLINK', EXPIRY, TERMS, MIXED, INDEX .. ':%dirty', INDEX .. ':%build')
  -- A partition that the model leaves keeps the definition that says so, for good: nothing is written here any more.
  local definition = redis.call('GET', INDEX .. ':%schema')
  if not definition then return end
  redis.call(string.find(definition, '\n>', 1, true) and 'PERSIST' or 'UNLINK', INDEX .. ':%schema')
end

local function takeIndexes()
  TTL = takeNumber()
  local indexes, names = { composites = {} }, {}
  for i = 1, takeNumber() do
    local name = take()
    names[i] = name
    indexes[i] = { label = segment(name), kind = take() }
  end
  indexes.names = names
  for i = 1, takeNumber() do
    local composite = { label = take(), parts = {} }
    for j = 1, takeNumber() do composite.parts[j] = takeNumber() end
    indexes.composites[i] = composite
  end
  return indexes
end

local function readIndexed(indexes, id)
  return redis.call('HMGET', recordKey(id), '', unpack(indexes.names))
end

local function combined(composite, stored)
  local list = {}
  for i, place in ipairs(composite.parts) do list[i] = segment(stored[place + 1]) end
  return table.concat(list, '%+')
end

local function eachEntry(indexes, stored, id, act)
  local stamp = stored[1] or ''
  for i, index in ipairs(indexes) do
    if index.kind ~= 'n' then
      local key, value = INDEX .. ':' .. index.label, stored[i + 1]
      act(key .. ':' .. segment(value), id)
      if value and index.kind ~= '-' then act(key, rangeMember(index.kind, value, stamp, id)) end
    end
  end
  for _, composite in ipairs(indexes.composites) do
    act(INDEX .. ':' .. composite.label .. ':' .. combined(composite, stored), id)
  end
end
`

/**
 * Single entries. `entryOf` gives the key and the member of one, nothing where a record has none: kind `=` by equality, `c`
 * by equality over several attributes, `s` by number, `t` by text; values beside the names, false for null. `addNow` and
 * `removeNow` change one, and look after the life of its key.
 */
export const singleEntries = lua`
local function entryOf(kind, names, values, stamp, id)
  local key = INDEX .. ':' .. segments(names)
  if kind == '=' or kind == 'c' then return key .. ':' .. segments(values), id end
  if values[1] then return key, rangeMember(kind, values[1], stamp, id) end
end

local function addNow(key, score, member, id)
  if redis.call('ZADD', key, score, member) == 0 or redis.call('EXISTS', EXPIRY) == 0 then return end
  local deadline = redis.call('ZSCORE', EXPIRY, id)
  joined(key, deadline and 0 or 1, deadline and 1 or 0, deadline)
end

local function removeNow(key, member, id)
  if redis.call('ZREM', key, member) == 0 or redis.call('EXISTS', EXPIRY, MIXED) == 0 then return end
  local expires = redis.call('ZSCORE', EXPIRY, id)
  left(key, expires and 0 or 1, expires and 1 or 0)
end
`

/**
 * Terms of expiring records, `<stamp>:` and for each index `<label>:<kind>:<value segment>:`; and `reap`, which removes
 * records past their deadline with all their entries. The record's hash is deleted too: Redis' own expiry and this one
 * need not agree on the current millisecond.
 */
export const terms = lua`
local function packTerms(indexes, stored)
  local parts = { stored[1] }
  for i, index in ipairs(indexes) do
    if index.kind ~= 'n' then
      parts[#parts + 1] = index.label
      parts[#parts + 1] = index.kind
      parts[#parts + 1] = segment(stored[i + 1])
    end
  end
  for _, composite in ipairs(indexes.composites) do
    parts[#parts + 1] = composite.label
    parts[#parts + 1] = '-'
    parts[#parts + 1] = combined(composite, stored)
  end
  return table.concat(parts, ':') .. ':'
end

local function reap(ids)
  local packed = redis.call('HMGET', TERMS, unpack(ids))
  local keys = {}
  for i, id in ipairs(ids) do
    keys[i] = recordKey(id)
    remove(INDEX, id, true)
    if packed[i] then
      local stamp, rest = string.match(packed[i], '^(%d+):(.*)$')
      for label, kind, text in string.gmatch(rest, '([^:]*):([^:]*):([^:]*):') do
        local key = INDEX .. ':' .. label
        remove(key .. ':' .. text, id, true)
        if kind ~= '-' and text ~= '%null' then
          remove(key, rangeMember(kind, unsegment(text), stamp, id), true)
        end
      end
    end
  end
  redis.call('UNLINK', unpack(keys))
  redis.call('HDEL', TERMS, unpack(ids))
  redis.call('ZREM', EXPIRY, unpack(ids))
  flush()
end
`

const reaping = lua`
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
  forget()
  return #ids == GROUP
end
`

/**
 * Reaps what is past its deadline, so many at once that no call takes long; returns true when there may be more. A server
 * that refuses to write, as a replica does, sets LIVE instead: the query itself then leaves out what expired by that time.
 */
export const sweep = lua`
local LIVE = false

${reaping}
`

/**
 * The same for queries, which seldom find anything to reap: what reaping needs is defined only then, because a script makes all
 * its functions anew in each call.
 */
export const querySweep = lua`
local LIVE = false

local function sweep()
  local first = redis.call('ZRANGE', EXPIRY, 0, 0, 'WITHSCORES')
  if #first == 0 or tonumber(first[2]) > tonumber(now()) then return false end
${nested(entries)}
${nested(terms)}
${nested(reaping)}
  return sweep()
end
`

/** `drop` removes a record that was read with `readIndexed`, whatever its deadline. */
export const drop = lua`
local function drop(indexes, id, stored)
  local expires = redis.call('ZREM', EXPIRY, id) == 1
  if expires then redis.call('HDEL', TERMS, id) end
  redis.call('UNLINK', recordKey(id))
  remove(INDEX, id, expires)
  eachEntry(indexes, stored, id, function(key, member) remove(key, member, expires) end)
end
`
