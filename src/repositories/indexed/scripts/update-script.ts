import { defineScript } from '../../define-script.js'
import { lua } from '../../lua.js'
import { arithmetic } from './arithmetic.js'
import { deadlines } from './deadlines.js'
import { drop, entries, singleEntries, terms } from './entries.js'
import { guard } from './guard.js'
import { predicate } from './predicate.js'
import { members, prelude } from './prelude.js'

/**
 * Changes of a record. `takeChange` reads one: the kinds of the watched attributes with which the set fields begin, one
 * character each, of those with which the unset fields begin, and of those that are only read; the names of the last; number
 * of composites or `p` for none, for each its label, the number of its parts, their places among all of these; number of set arguments, the
 * fields; number of unset fields, their names; a rank for each `s` among the set.
 *
 * `writeChange` writes it over `stored`, the values that are stored: the entries that go are theirs, never those believed.
 * A new entry comes before the old one goes, so that no index key vanishes in between and takes its expiry along.
 */
const change = lua`
local FIELDS = 4000

local function takeChange()
  local setKinds, unsetKinds, readKinds = take(), take(), take()
  local sets, unsets, reads = #setKinds, #unsetKinds, #readKinds
  local names, values, ranks, composites = {}, {}, {}, {}
  for i = sets + unsets + 1, sets + unsets + reads do names[i] = take() end
  for i = 1, takeNumber() or 0 do
    local composite = { label = take(), parts = {} }
    for j = 1, takeNumber() do composite.parts[j] = takeNumber() end
    composites[i] = composite
  end
  local setLength = takeNumber()
  local setStart = taken
  taken = taken + setLength
  local unsetLength = takeNumber()
  local unsetStart = taken
  taken = taken + unsetLength
  for i = 1, sets do
    if string.sub(setKinds, i, i) == 's' then ranks[i] = take() end
    names[i], values[i] = ARGV[setStart + 2 * i - 1], ARGV[setStart + 2 * i]
  end
  for i = 1, unsets do
    names[sets + i], values[sets + i] = ARGV[unsetStart + i], false
  end
  return {
    kinds = setKinds .. unsetKinds .. readKinds,
    names = names, values = values, ranks = ranks, composites = composites, known = sets + unsets,
    setStart = setStart, setLength = setLength, unsetStart = unsetStart, unsetLength = unsetLength,
  }
end

local function inGroups(command, key, start, length)
  for first = start + 1, start + length, FIELDS do
    redis.call(command, key, unpack(ARGV, first, math.min(start + length, first + FIELDS - 1)))
  end
end

local function repack(id, stamp, moves)
  local parts, text = { stamp }, {}
  for _, move in ipairs(moves) do text[move.label] = move.to end
  local packed = redis.call('HGET', TERMS, id) or ''
  for label, kind, old in string.gmatch(string.sub(packed, #stamp + 2), '([^:]*):([^:]*):([^:]*):') do
    parts[#parts + 1] = label .. ':' .. kind .. ':' .. (text[label] or old)
  end
  redis.call('HSET', TERMS, id, table.concat(parts, ':') .. ':')
end

local function lookAfter(id, stamp, moves, kinds)
  local deadline = redis.call('ZSCORE', EXPIRY, id)
  local staying, expiring = deadline and 0 or 1, deadline and 1 or 0
  for _, move in ipairs(moves) do
    local key = INDEX .. ':' .. move.label
    joined(key .. ':' .. move.to, staying, expiring, deadline)
    left(key .. ':' .. move.from, staying, expiring)
    if move.ranged and move.from == '%null' then
      joined(key, staying, expiring, deadline)
    elseif move.ranged and move.to == '%null' then
      left(key, staying, expiring)
    end
  end
  if deadline then repack(id, stamp, moves) end
end

local function writeChange(change, id, stored)
  local key, stamp = recordKey(id), stored[1]
  inGroups('HSET', key, change.setStart, change.setLength)
  inGroups('HDEL', key, change.unsetStart, change.unsetLength)
  local names, values, kinds = change.names, change.values, change.kinds
  local changed, moves = {}, {}
  for i = 1, #names do
    local old, new = stored[i + 1], values[i]
    if old ~= new then
      changed[i] = true
      local kind = string.sub(kinds, i, i)
      if kind ~= 'n' then
        local label, from, to = segment(names[i]), segment(old), segment(new)
        local index = INDEX .. ':' .. label
        redis.call('ZADD', index .. ':' .. to, stamp, id)
        redis.call('ZREM', index .. ':' .. from, id)
        if kind == 's' then
          if new then
            redis.call('ZADD', index, change.ranks[i], stamp .. id)
          else
            redis.call('ZREM', index, stamp .. id)
          end
        elseif kind == 't' then
          if new then redis.call('ZADD', index, 0, rangeMember('t', new, stamp, id)) end
          if old then redis.call('ZREM', index, rangeMember('t', old, stamp, id)) end
        end
        moves[#moves + 1] = { label = label, from = from, to = to, ranged = kind ~= '-' }
      end
    end
  end
  for _, composite in ipairs(change.composites) do
    local from, to, differs = {}, {}, false
    for i, place in ipairs(composite.parts) do
      from[i], to[i] = segment(stored[place + 1]), segment(values[place])
      differs = differs or changed[place]
    end
    if differs then
      local index, old, new = INDEX .. ':' .. composite.label .. ':', table.concat(from, '%+'), table.concat(to, '%+')
      redis.call('ZADD', index .. new, stamp, id)
      redis.call('ZREM', index .. old, id)
      moves[#moves + 1] = { label = composite.label, from = old, to = new, ranged = false }
    end
  end
  if #moves > 0 and redis.call('EXISTS', EXPIRY, MIXED) > 0 then lookAfter(id, stamp, moves) end
end
`

/**
 * The update of most records, before any function is declared: a script makes its functions anew in each call, and that costs
 * more than the commands. It does what `writeChange` does where nothing expires in the partition, the guard has nothing to
 * do, no composite is touched (`p` instead of their number: names and new values are their own segments too) and no text
 * needs to be hidden; else it does nothing, and what follows begins anew.
 */
const quick = lua`
do
  local call, find = redis.call, string.find
  local index, argv, kinds, setLength = KEYS[1], ARGV, ARGV[5], tonumber(ARGV[9])
  local unsetLength = argv[8] == 'p' and argv[2] == '' and tonumber(argv[10 + setLength])
  if unsetLength and setLength + unsetLength < 4000
      and call('GET', index .. ':%schema') == argv[1]
      and (kinds .. argv[6] == '' or call('EXISTS', index .. ':%expiry', index .. ':%mixed') == 0) then
    local id, sets, names = argv[4], #kinds, {}
    local key = id
    if find(id, '[%z\1-\31\127%%:{}]') then
      key = string.gsub(id, '[%z\1-\31\127%%:{}]', function(c) return string.format('%%%02X', string.byte(c)) end)
    end
    key = KEYS[2] .. key
    for i = 1, sets do names[i] = argv[8 + 2 * i] end
    for i = 1, #argv[6] do names[sets + i] = argv[10 + setLength + i] end
    kinds = kinds .. argv[6]
    local stored = call('HMGET', key, '', unpack(names))
    local stamp, isPlain = stored[1], true
    if not stamp then return 0 end
    for i = 1, #kinds do
      local old = stored[i + 1]
      if old and find(old, '[%z\1-\31\127%%:{}]') then isPlain = false end
    end
    if isPlain then
      if setLength > 0 then call('HSET', key, unpack(argv, 10, 9 + setLength)) end
      if unsetLength > 0 then call('HDEL', key, unpack(argv, 11 + setLength, 10 + setLength + unsetLength)) end
      local rank = 10 + setLength + unsetLength
      for i = 1, #kinds do
        local old, new, kind = stored[i + 1], i <= sets and argv[9 + 2 * i], string.byte(kinds, i)
        if kind == 115 and new then rank = rank + 1 end
        if old ~= new and kind ~= 110 then
          local entries = index .. ':' .. names[i]
          call('ZADD', entries .. ':' .. (new or '%null'), stamp, id)
          call('ZREM', entries .. ':' .. (old or '%null'), id)
          if kind == 115 then
            if new then
              call('ZADD', entries, argv[rank], stamp .. id)
            else
              call('ZREM', entries, stamp .. id)
            end
          elseif kind == 116 then
            if new then call('ZADD', entries, 0, new .. '\0' .. stamp .. id) end
            if old then call('ZREM', entries, old .. '\0' .. stamp .. id) end
          end
        end
      end
      return 1
    end
  end
end
`

/**
 * Changes a record. Arguments: those of the guard; how long index keys live, its id, the change. Returns 1, or 0 for no such record.
 */
export const updateScript = defineScript(
  'update',
  quick,
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
  change.values[place], change.ranks[place] = sum, sum
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
