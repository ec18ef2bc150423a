import { defineScript } from '../../define-script.js'
import { lua } from '../../lua.js'
import { entries, terms } from './entries.js'
import { members, prelude } from './prelude.js'

/**
 * Changes a record in place. Entries are moved from the values that are stored, never from those believed.
 */
const change = lua`
local FIELDS = 4000
local id, setKinds, unsetKinds = take(), take(), take()
local key = recordKey(id)
local ranks, changes, names = {}, {}, {}
for i = 1, #setKinds do
  if string.sub(setKinds, i, i) == 's' then ranks[i] = take() end
end
local setLength = takeNumber()
local setStart = taken
taken = taken + setLength
local unsetLength = takeNumber()
local unsetStart = taken
taken = taken + unsetLength

local function expect(name, kind, value, rank)
  names[#names + 1] = name
  changes[#changes + 1] = { label = segment(name), kind = kind, value = value, rank = rank }
end
for i = 1, #setKinds do
  local place = setStart + 2 * i
  expect(ARGV[place - 1], string.sub(setKinds, i, i), ARGV[place], ranks[i])
end
for i = 1, #unsetKinds do expect(ARGV[unsetStart + i], string.sub(unsetKinds, i, i), false) end

local stored = redis.call('HMGET', key, '', unpack(names))
local stamp = stored[1]
if not stamp then return 0 end

local function inGroups(command, start, length)
  for first = start + 1, start + length, FIELDS do
    redis.call(command, key, unpack(ARGV, first, math.min(start + length, first + FIELDS - 1)))
  end
end
inGroups('HSET', setStart, setLength)
inGroups('HDEL', unsetStart, unsetLength)

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
`

/**
 * Changes a record. Arguments: its id; the kinds of the searchable attributes with which the set fields begin, one
 * character each, and of those with which the unset fields begin; a rank for each `s` among the former; number of set
 * arguments, the fields; number of unset fields, their names. Returns 1, or 0 for no such record.
 */
export const updateScript = defineScript('update', prelude, members, change)

/**
 * Gives a record another key in the same partition, and changes it. Arguments: indexes, the key, the new key, then those of
 * an update of the new key. Returns 1, 0 for no such record, or 2 for a new key that is taken.
 */
export const rekeyScript = defineScript(
  'rekey',
  prelude,
  members,
  entries,
  terms,
  lua`
local function carry(key, member, other)
  local score = redis.call('ZSCORE', key, member)
  if score then
    redis.call('ZREM', key, member)
    redis.call('ZADD', key, score, other)
  end
end

do
  local indexes = takeIndexes()
  local from, to = take(), take()
  local stored = readIndexed(indexes, from)
  local stamp = stored[1]
  if not stamp then return 0 end
  local deadline = redis.call('ZSCORE', EXPIRY, to)
  if deadline and tonumber(deadline) <= tonumber(now()) then reap({ to }) end
  if redis.call('EXISTS', recordKey(to)) == 1 then return 2 end
  redis.call('RENAME', recordKey(from), recordKey(to))
  carry(INDEX, from, to)
  for i, index in ipairs(indexes) do
    local value, kind = stored[i + 1], index.kind
    carry(index.key .. ':' .. segment(value), from, to)
    if value and kind ~= '-' then
      carry(index.key, rangeMember(kind, value, stamp, from), rangeMember(kind, value, stamp, to))
    end
  end
  carry(EXPIRY, from, to)
  local packed = redis.call('HGET', TERMS, from)
  if packed then
    redis.call('HDEL', TERMS, from)
    redis.call('HSET', TERMS, to, packed)
  end
end
`,
  change,
)
