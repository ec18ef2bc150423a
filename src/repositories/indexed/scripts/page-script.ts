import { defineQueryScript } from '../../define-script.js'
import { lua } from '../../lua.js'

/**
 * Rows by creation that need no test but membership of equality indexes: most pages. It declares few functions, since a script
 * makes them anew in each call, reads no row that it does not return but the next one of each partition, and never writes.
 *
 * Arguments: the definition of the indexes that the caller expects; rows wanted; `1` to begin with the latest; `1` for all rows
 * of one partition, as many as are wanted at most; number of indexes, and the end of the key of each; the names of fields, ''
 * first, none for ids alone, which only all rows can be.
 *
 * Returns { packed, number of the smallest index }. With the keys of several partitions (the arguments begin with `=`) their rows
 * come merged, as the answer of the first. `packed` is JSON of the ids and the values of each, as in `rows.ts`; of ids alone,
 * JSON of the ids, and of times of creation, each after the number of successive ids that have it; '' for no rows. Returns {}
 * where it cannot answer: something has expired, there are more than all rows may be, they weigh more than 4 MiB, or the server
 * does not compare text by bytes.
 */
export const pageScript = defineQueryScript(
  'page',
  lua`
local call, find, argv, keys, unpack = redis.call, string.find, ARGV, KEYS, unpack
local BYTES, SPECIAL, BLOCK, STEP = 4194304, '[%z\1-\31\127%%:{}]', 256, 4
local partitions, first = #keys / 2, 1
if partitions > 1 then
  if argv[1] ~= '=' or not ('B' < 'a' and 'Z' < '_' and '_' < 'a' and 'z' < '\195\164' and 'a-b' < 'aa') then return {} end
  first = 2
end
local expected, want = argv[first], tonumber(argv[first + 1])
local isReverse, isWhole = argv[first + 2] == '1', argv[first + 3] == '1'
local sources = tonumber(argv[first + 4])
local names = { unpack(argv, first + 5 + sources) }

local definitions, expiries = {}, {}
for i = 1, partitions do
  local index = keys[2 * i - 1]
  definitions[i], expiries[i] = index .. ':%schema', index .. ':%expiry'
end
for i, stored in ipairs(call('MGET', unpack(definitions))) do
  if stored ~= expected and (stored or '') ~= expected and (stored or call('EXISTS', keys[2 * i - 1]) == 1) then
    return redis.error_reply('SCHEMA the stored definition of the indexes is another one')
  end
end
if call('EXISTS', unpack(expiries)) > 0 then
  local time = call('TIME')
  local now = string.format('%.0f', tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000))
  for i = 1, partitions do
    if call('ZCOUNT', expiries[i], '-inf', now) > 0 then return {} end
  end
end

local ids, values, found, bytes = {}, {}, 0, 0

local function escape(character)
  return string.format('%%%02X', string.byte(character))
end

local function keyOf(stem, id)
  return stem .. string.gsub(id, SPECIAL, escape)
end

-- Reads a record, false where its hash is gone. Sizes are measured at every eighth of few rows.
local step = want > 128 and 1 or 8
local function read(key)
  local row = call('HMGET', key, unpack(names))
  if not row[1] then return false end
  if (found + 1) % step == 0 then
    bytes = bytes + step * #key
    for i = 1, #row do
      if row[i] then bytes = bytes + step * #row[i] end
    end
  end
  return row
end

local function add(id, row)
  found = found + 1
  ids[found], values[found] = id, row
end

-- All rows of one partition, found through one or several indexes.
if isWhole then
  local indexes, least, smallest = {}, false, 0
  for i = 1, sources do
    indexes[i] = keys[1] .. argv[first + 4 + i]
    local size = call('ZCARD', indexes[i])
    if not least or size < least then least, smallest = size, i end
  end
  if partitions > 1 or least > want then return {} end
  local members
  if sources == 1 then
    members = call('ZRANGE', indexes[1], 0, -1)
  else
    indexes[sources + 1], indexes[sources + 2] = 'AGGREGATE', 'MIN'
    members = call('ZINTER', sources, unpack(indexes))
  end
  local size = #members
  if isReverse then
    for i = 1, math.floor(size / 2) do members[i], members[size - i + 1] = members[size - i + 1], members[i] end
  end
  if size == 0 then return { '', smallest } end
  if #names > 0 then
    for i = 1, size do
      local row = read(keyOf(keys[2], members[i]))
      if row then add(members[i], row) end
      if bytes >= BYTES then return {} end
    end
    return { found == 0 and '' or cjson.encode({ ids, values }), smallest }
  end
  for i = 1, size, 8 do bytes = bytes + 8 * #members[i] end
  if bytes >= BYTES then return {} end
  -- Times of creation do not fall, so that what lies between two members with one time has no other. Only the rest is asked for:
  -- a server prints scores slowly.
  local times, n = {}, 0
  local function run(length, time)
    if n > 0 and times[n] == time then
      times[n - 1] = times[n - 1] + length
    else
      times[n + 1], times[n + 2] = length, time
      n = n + 2
    end
  end
  local known = {}
  local function ask(places)
    if #places == 0 then return end
    local asked = {}
    for i, place in ipairs(places) do asked[i] = members[place] end
    for i, time in ipairs(call('ZMSCORE', indexes[1], unpack(asked))) do known[places[i]] = time end
  end
  for from = 1, size, BLOCK do
    local to = math.min(size, from + BLOCK - 1)
    ask({ from, to })
    if known[from] == known[to] then
      run(to - from + 1, known[from])
    else
      local steps, between = {}, {}
      for place = from + STEP, to - 1, STEP do steps[#steps + 1] = place end
      ask(steps)
      steps[#steps + 1] = to
      local before = from
      for _, place in ipairs(steps) do
        if known[before] ~= known[place] then
          for at = before + 1, place - 1 do between[#between + 1] = at end
        end
        before = place
      end
      ask(between)
      run(1, known[from])
      before = from
      for _, place in ipairs(steps) do
        if known[before] == known[place] then
          run(place - before, known[place])
        else
          for at = before + 1, place do run(1, known[at]) end
        end
        before = place
      end
    end
  end
  return { cjson.encode({ members, times }), smallest }
end

-- The first rows of some partitions, merged by creation. Most of the time goes into this loop: it calls nothing but the server.
local range, suffix = isReverse and 'ZREVRANGE' or 'ZRANGE', argv[first + 5]
local share = math.ceil(want / partitions)
if partitions > 1 then share = math.min(want, share + math.ceil(math.sqrt(share)) + 1) end

-- Ids are plain where the key of a record ends as its id, or else the key that ends so is nobody's.
local function list(cursor)
  local ids = call(range, cursor.index, cursor.offset, cursor.offset + share - 1)
  local text = table.concat(ids)
  cursor.ids = ids
  cursor.isPlain = not (find(text, '%', 1, true) or find(text, ':', 1, true))
    and not (find(text, '{', 1, true) or find(text, '}', 1, true))
  cursor.offset, cursor.place = cursor.offset + share, 0
end

-- Goes to the next record of a partition; false at the end.
local function advance(cursor)
  while true do
    local place = cursor.place + 1
    local id = cursor.ids[place]
    if id then
      cursor.place = place
      local row = read(keyOf(cursor.stem, id))
      if row then
        cursor.id, cursor.row, cursor.stamp = id, row, row[1]
        return true
      end
    elseif place <= share then
      return false
    else
      list(cursor)
    end
  end
end

-- Puts the cursor that was at a place behind those whose records precede its own.
local line, open = {}, 0
local function settle(cursor, at)
  local id, stamp = cursor.id, cursor.stamp
  local other = line[at + 1]
  while other do
    local theirs, precedes = other.stamp
    if theirs == stamp then precedes = other.id < id else precedes = theirs < stamp end
    if precedes == isReverse then break end
    line[at] = other
    at = at + 1
    other = line[at + 1]
  end
  line[at] = cursor
end

for i = partitions, 1, -1 do
  local cursor = { index = keys[2 * i - 1] .. suffix, stem = keys[2 * i], offset = 0 }
  list(cursor)
  if advance(cursor) then
    for at = open, 1, -1 do line[at + 1] = line[at] end
    open = open + 1
    settle(cursor, 1)
  end
end
while open > 0 do
  local cursor = line[1]
  found = found + 1
  ids[found], values[found] = cursor.id, cursor.row
  if found == want then break end
  local place = cursor.place + 1
  local id = cursor.ids[place]
  local row = id and cursor.isPlain and call('HMGET', cursor.stem .. id, unpack(names))
  local stamp = row and row[1]
  local isOpen = true
  if stamp then
    cursor.place, cursor.id, cursor.row, cursor.stamp = place, id, row, stamp
    if found % step == 0 then
      bytes = bytes + step * #id
      for i = 1, #row do
        if row[i] then bytes = bytes + step * #row[i] end
      end
    end
  else
    isOpen = advance(cursor)
  end
  if bytes >= BYTES then return {} end
  if not isOpen then
    table.remove(line, 1)
    open = open - 1
  elseif open > 1 then
    settle(cursor, 1)
  end
end
local reply = { found == 0 and '' or cjson.encode({ ids, values }), 1 }
return partitions > 1 and { reply } or reply
`,
)
