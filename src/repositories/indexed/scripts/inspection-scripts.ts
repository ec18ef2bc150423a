import { defineQueryScript } from '../../define-script.js'
import { lua } from '../../lua.js'
import { conditions } from './conditions.js'
import { entries, singleEntries } from './entries.js'
import { members, prelude } from './prelude.js'
import { sources } from './sources.js'

/**
 * What inspection and repair share. `takeForms` reads names of attributes and then indexes, for each its kind and the places
 * of its attributes among the names. `wantedEntry` is the entry that a record has by right: key and member, nothing for a
 * record that is not in such an index. `stateOf` reads a record: `live`; `due`, past its deadline and about to be
 * removed; `gone`; `bare`, a hash without a time of creation, which ActiveRedis did not write; `alien`, no hash at all.
 */
export const inspection = lua`
local function takeForms()
  local names, forms = {}, {}
  for i = 1, takeNumber() do names[i] = take() end
  for i = 1, takeNumber() do
    local form = { kind = take(), places = {}, names = {} }
    for j = 1, takeNumber() do
      form.places[j] = takeNumber()
      form.names[j] = names[form.places[j]]
    end
    forms[i] = form
  end
  return names, forms
end

local function wantedEntry(form, stored, id)
  local values = {}
  for i, place in ipairs(form.places) do values[i] = stored[place + 1] end
  return entryOf(form.kind, form.names, values, stored[1], id)
end

-- The score of an entry; nothing, and true, where what lies under its key is no index.
local function entryScore(key, member)
  local score = redis.pcall('ZSCORE', key, member)
  if type(score) == 'table' then return false, true end
  return score
end

local function isDue(id, time)
  local deadline = redis.call('ZSCORE', EXPIRY, id)
  return deadline and tonumber(deadline) <= time
end

local function stateOf(id, names, time)
  local key = recordKey(id)
  local stored = redis.pcall('HMGET', key, '', unpack(names))
  if stored.err then return 'alien', {} end
  if isDue(id, time) then return 'due', stored end
  if stored[1] then return 'live', stored end
  if redis.call('EXISTS', key) == 1 then return 'bare', stored end
  return 'gone', stored
end

-- The deadline that Redis keeps for a key, '' for none; some milliseconds beside it where the server tells only the time that is left.
local function hashDeadline(key, time)
  local left = redis.call('PTTL', key)
  if left < 0 then return '' end
  local deadline = redis.pcall('PEXPIRETIME', key)
  if type(deadline) == 'number' then return string.format('%.0f', deadline) end
  return string.format('%.0f', time + left)
end

local function entriesAfter(key, kind, score, member, limit)
  local from = 0
  if score ~= '' then from = rankOf({ key = key, kind = kind == 't' and 't' or 'c' }, score, member, true) end
  return redis.call('ZRANGE', key, from, from + limit - 1, 'WITHSCORES')
end

local function idOfMember(kind, member)
  if kind == 's' then return string.sub(member, 14) end
  if kind ~= 't' then return member end
  local stop = string.find(member, '\0', 1, true)
  return stop and string.sub(member, stop + 14) or ''
end
`

/** What the terms of an expiring record name: the set of its entries, `<key>` NUL `<member>`. */
export const readTerms = lua`
local function entriesOfTerms(packed, id)
  local entries = {}
  local stamp, rest = string.match(packed, '^(%d+):(.*)$')
  for label, kind, text in string.gmatch(rest or '', '([^:]*):([^:]*):([^:]*):') do
    local key = INDEX .. ':' .. label
    entries[key .. ':' .. text .. '\0' .. id] = true
    if kind ~= '-' and text ~= '%null' then
      entries[key .. '\0' .. rangeMember(kind, unsegment(text), stamp, id)] = true
    end
  end
  return entries
end
`

/**
 * Looks at records and what belongs to them. Arguments: forms; `ids`, their number, ids; or `after`, score and member of the
 * last entry seen of the index of all records ('' for the beginning), and how many to look at.
 * Returns for each { id, state, score in the index of all records or '', deadline of the entry or '', deadline of the hash or
 * '', terms: '' none needed, 'ok', 'wrong' or 'none', time of creation, '1' where it stays and the key of one of its entries
 * expires, for each index its score, '' where the entry is
 * missing, '-' where there should be none, for each index the end of its key if that is to be walked from here, else '', then
 * for each attribute = and its text, or ''}.
 */
export const inspectRecordsScript = defineQueryScript(
  'inspect-records',
  prelude,
  members,
  conditions,
  sources,
  entries,
  singleEntries,
  inspection,
  readTerms,
  lua`
local names, forms = takeForms()
local ids = {}
if take() == 'ids' then
  for i = 1, takeNumber() do ids[i] = take() end
else
  local score, member = take(), take()
  local flat = entriesAfter(INDEX, 'i', score, member, takeNumber())
  for i = 1, #flat, 2 do ids[#ids + 1] = flat[i] end
end

local time = tonumber(now())
local firsts = {}

-- A key is walked from the record that comes first in it, and from every record where an alien entry does.
local function walksFrom(form, key, id)
  local known = firsts[key]
  if not known then
    if redis.call('TYPE', key).ok ~= 'zset' then return '' end
    local first = redis.call('ZRANGE', key, 0, 0)[1]
    if not first then return '' end
    local state, stored = stateOf(first, names, time)
    local right = state == 'live' and wantedEntry(form, stored, first)
    known = { first = first, isRight = right == key, isAlone = redis.call('ZCARD', key) == 1 }
    firsts[key] = known
  end
  if known.isRight and (known.first ~= id or known.isAlone) then return '' end
  return string.sub(key, #INDEX + 1)
end

local hasExpiring = redis.call('EXISTS', EXPIRY) == 1
local lives = {}
local function doesExpire(key)
  if not hasExpiring then return false end
  if lives[key] == nil then lives[key] = redis.call('PTTL', key) >= 0 end
  return lives[key]
end

local rows = {}
for i, id in ipairs(ids) do
  local state, stored = stateOf(id, names, time)
  local main = redis.call('ZSCORE', INDEX, id) or ''
  local row = { id, state, main, redis.call('ZSCORE', EXPIRY, id) or '' }
  if state == 'live' then
    local deadline = hashDeadline(recordKey(id), time)
    local packed = redis.call('HGET', TERMS, id)
    local named = packed and entriesOfTerms(packed, id)
    local terms = ''
    if deadline ~= '' or row[4] ~= '' then terms = named and 'ok' or 'none' end
    local base = 8
    local ends = deadline == '' and doesExpire(INDEX)
    row[5], row[7] = deadline, stored[1]
    for j, form in ipairs(forms) do
      local key, member = wantedEntry(form, stored, id)
      row[base + j], row[base + #forms + j] = '-', ''
      if key then
        row[base + j] = entryScore(key, member) or ''
        ends = ends or (deadline == '' and doesExpire(key))
        if terms == 'ok' and not named[key .. '\0' .. member] then terms = 'wrong' end
        if form.kind == '=' or form.kind == 'c' then row[base + #forms + j] = walksFrom(form, key, id) end
      end
    end
    row[6], row[8] = terms, ends and '1' or ''
    for j = 1, #names do
      local value = stored[j + 1]
      row[base + 2 * #forms + j] = value and '=' .. value or ''
    end
  end
  rows[i] = row
end
return rows
`,
)

/**
 * Looks at the entries of one index key. Arguments: forms, of which the first is that of the key, or none for `%expiry`; the end
 * of the key; score and member of the last entry seen, '' for the beginning; how many to look at.
 * Returns { number looked at, score and member of the last, for each that is not right: what it is, id, member, score }. An
 * entry is `stale` where its record has another value, `orphaned` where it has no record, `unlisted` where it is right but its
 * record is not in the index of all records.
 */
export const inspectEntriesScript = defineQueryScript(
  'inspect-entries',
  prelude,
  members,
  conditions,
  sources,
  entries,
  singleEntries,
  inspection,
  lua`
local names, forms = takeForms()
local form = forms[1]
local kind = form and form.kind or 'i'
local key = INDEX .. take()
local score, member, limit = take(), take(), takeNumber()
local time = tonumber(now())
if redis.call('TYPE', key).ok ~= 'zset' then return { 0, '', '' } end

local flat = entriesAfter(key, kind, score, member, limit)
local answer = { #flat / 2, flat[#flat] or '', flat[#flat - 1] or '' }
for i = 1, #flat, 2 do
  local id = idOfMember(kind, flat[i])
  local state, stored = stateOf(id, names, time)
  local verdict
  if state == 'live' then
    local right, wanted = key, flat[i]
    if form then right, wanted = wantedEntry(form, stored, id) end
    if right ~= key or wanted ~= flat[i] then
      verdict = 'stale'
    elseif not redis.call('ZSCORE', INDEX, id) then
      verdict = 'unlisted'
    end
  elseif state ~= 'due' then
    verdict = 'orphaned'
  end
  if verdict then
    local n = #answer
    answer[n + 1], answer[n + 2], answer[n + 3], answer[n + 4] = verdict, id, flat[i], flat[i + 1]
  end
end
return answer
`,
)
