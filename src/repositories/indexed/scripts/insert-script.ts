import { defineScript } from '../../define-script.js'
import { lua } from '../../lua.js'
import { drop, entries, singleEntries, terms } from './entries.js'
import { guard } from './guard.js'
import { members, prelude } from './prelude.js'

/**
 * The creation of one record that does not expire, before any function is declared, as `quick` of the update script: where
 * nothing expires in the partition and the guard has nothing to do; else it does nothing, and what follows begins anew.
 */
const quick = lua`
if ARGV[2] == '' and ARGV[3] == '0' and ARGV[6] == '1' and ARGV[7] == '0' then
  local call, index, argv, size = redis.call, KEYS[1], ARGV, tonumber(ARGV[8])
  if size < 2000 and argv[9 + size] == '1'
      and call('GET', index .. ':%schema') == argv[1]
      and call('EXISTS', index .. ':%expiry', index .. ':%mixed') == 0 then
    local id = argv[10 + size]
    local key = id
    if string.find(id, '[%z\1-\31\127%%:{}]') then
      key = string.gsub(id, '[%z\1-\31\127%%:{}]', function(c) return string.format('%%%02X', string.byte(c)) end)
    end
    key = KEYS[2] .. key
    if call('EXISTS', key) == 1 then return { 0 } end
    local stamp = argv[5]
    if #stamp ~= 13 then
      local time = call('TIME')
      stamp = stamp ~= '' and string.format('%013d', tonumber(stamp))
        or string.format('%010d%03d', tonumber(time[1]), math.floor(tonumber(time[2]) / 1000))
    end
    local fields = { '', stamp }
    for i = 1, size do
      fields[2 * i + 1], fields[2 * i + 2] = argv[8 + i], argv[11 + size + i]
    end
    call('HSET', key, unpack(fields))
    call('ZADD', index, stamp, id)
    local place = 12 + 2 * size
    for _ = 1, tonumber(argv[place]) do
      local entries, kind = index .. argv[place + 1], argv[place + 2]
      if kind == '-' then
        call('ZADD', entries, stamp, id)
        place = place + 4
      elseif kind == 's' then
        call('ZADD', entries, argv[place + 5], stamp .. id)
        place = place + 5
      else
        call('ZADD', entries, 0, argv[place + 5] .. '\0' .. stamp .. id)
        place = place + 5
      end
    end
    return { 1 }
  end
end
`

/**
 * Creates records. Arguments: those of the guard; `1` to replace and then the indexes, else `0` and how long index keys live; time of creation in
 * ms, '' for now; number of shapes, for each `1` if its rows expire, the number of its fields, their names; number of rows,
 * for each its id, the number of its shape, if it expires its deadline and index terms, the values of the fields; then
 * groups of index entries, for each the end of its key, its kind, its size, and so many numbers of rows, for `s` each with
 * a rank, for `t` with the sortable text.
 * Returns 1 (created) or 0 (id taken) for each row. A row whose deadline has passed counts as created and leaves nothing.
 */
export const insertScript = defineScript(
  'insert',
  quick,
  prelude,
  members,
  entries,
  singleEntries,
  guard,
  terms,
  drop,
  lua`
local refusal = guard()
if refusal then return refusal end
local FIELDS = 4000
local replace = take() == '1'
local indexes = replace and takeIndexes()
if not replace then TTL = takeNumber() end
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

local watchful = redis.call('EXISTS', EXPIRY) == 1
if watchful then
  local past = {}
  for i, deadline in ipairs(redis.call('ZMSCORE', EXPIRY, unpack(ids))) do
    if deadline and tonumber(deadline) <= tonumber(time) then past[#past + 1] = ids[i] end
  end
  if #past > 0 then reap(past) end
end

guardIds(ids)

local function store(key, shape, start)
  local fields = shape.fields
  for i = 1, shape.size do fields[2 * i + 2] = ARGV[start + i] end
  for first = 1, #fields, FIELDS do
    redis.call('HSET', key, unpack(fields, first, math.min(#fields, first + FIELDS - 1)))
  end
end

local existing = redis.call('EXISTS', unpack(keys))
local seen, stored, deadlines, outcomes, main = {}, {}, {}, {}, {}
local expiring, latest = 0, 0
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
      local number = tostring(i)
      seen[id], stored[number] = true, id
      store(key, shape, start + (deadline and 4 or 2))
      main[#main + 1] = stamp
      main[#main + 1] = id
      if deadline then
        redis.call('PEXPIREAT', key, deadline)
        redis.call('ZADD', EXPIRY, deadline, id)
        redis.call('HSET', TERMS, id, stamp .. ':' .. ARGV[start + 4])
        expiring, deadlines[number] = expiring + 1, tonumber(deadline)
        if tonumber(deadline) > latest then latest = tonumber(deadline) end
        watchful = true
      end
    end
  end
end

local function watch(key, first, step, size)
  local number, temporary, last = 0, 0, 0
  for j = first, first + (size - 1) * step, step do
    local row = ARGV[j]
    if stored[row] then
      number = number + 1
      if deadlines[row] then
        temporary = temporary + 1
        if deadlines[row] > last then last = deadlines[row] end
      end
    end
  end
  if number > 0 then joined(key, number - temporary, temporary, last) end
end

if #main > 0 then
  claimDefinition()
  redis.call('ZADD', INDEX, unpack(main))
  if watchful then joined(INDEX, #main / 2 - expiring, expiring, latest) end
else
  forget()
end
for _ = 1, takeNumber() do
  local key, kind, size = INDEX .. ARGV[taken + 1], ARGV[taken + 2], tonumber(ARGV[taken + 3])
  local list, n = {}, 0
  taken = taken + 3
  local first, step = taken + 1, kind == '-' and 1 or 2
  if kind == '-' and size == 1 then
    local id = stored[ARGV[first]]
    if id then redis.call('ZADD', key, stamp, id) end
  elseif kind == '-' then
    for j = first, taken + size do
      local id = stored[ARGV[j]]
      if id then
        list[n + 1], list[n + 2] = stamp, id
        n = n + 2
      end
    end
  else
    for j = first, taken + 2 * size, 2 do
      local id = stored[ARGV[j]]
      if id then
        if kind == 's' then
          list[n + 1], list[n + 2] = ARGV[j + 1], stamp .. id
        else
          list[n + 1], list[n + 2] = 0, ARGV[j + 1] .. '\0' .. stamp .. id
        end
        n = n + 2
      end
    end
  end
  taken = taken + step * size
  if n > 0 then redis.call('ZADD', key, unpack(list, 1, n)) end
  if watchful then watch(key, first, step, size) end
end
return outcomes
`,
)
