import { lua } from '../../lua.js'

/**
 * Changes of a record. `takeChange` reads one: the kinds of the watched attributes with which the set fields begin, one
 * character each, of those with which the unset fields begin, and of those that are only read; the names of the last; number
 * of composites or `p` for none, for each its label, the number of its parts, their places among all of these; number of set arguments, the
 * fields; number of unset fields, their names; a rank for each `s` among the set.
 *
 * `writeChange` writes it over `stored`, the values that are stored: the entries that go are theirs, never those believed.
 * A new entry comes before the old one goes, so that no index key vanishes in between and takes its expiry along.
 */
export const change = lua`
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
