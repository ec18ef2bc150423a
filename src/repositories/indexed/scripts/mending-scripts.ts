import { defineScript } from '../../define-script.js'
import { lua } from '../../lua.js'
import { conditions } from './conditions.js'
import { entries, singleEntries } from './entries.js'
import { inspection, readTerms } from './inspection-scripts.js'
import { members, prelude } from './prelude.js'
import { sources } from './sources.js'

/**
 * `mendRecord` gives a record that is live the entries that its stored values ask for, with their scores, and its deadline and
 * terms. What is no sorted set under the key of an entry goes: nobody else has keys there. `ranks` are those of the texts beside them; a text that is not stored any more is left for another call.
 * Returns 'right' (nothing to do), 'mended', 'changed' (call again with the values of now) or 'none' (no record).
 */
const mending = lua`
local function deadlineFor(key, entry, time)
  local deadline = hashDeadline(key, time)
  if deadline ~= '' and entry and math.abs(tonumber(entry) - tonumber(deadline)) <= 1000 then return entry end
  return deadline
end

local function termsWith(packed, stamp, forms, stored)
  local kinds, order, texts, isOwn = {}, {}, {}, {}
  for _, form in ipairs(forms) do
    local label = segments(form.names)
    if not isOwn[label] then order[#order + 1] = label end
    isOwn[label] = true
    local values = {}
    for i, place in ipairs(form.places) do values[i] = stored[place + 1] end
    texts[label] = segments(values)
    if form.kind == 's' or form.kind == 't' then kinds[label] = form.kind end
  end
  local parts = { stamp }
  for label, kind, text in string.gmatch(packed and string.match(packed, '^%d+:(.*)$') or '', '([^:]*):([^:]*):([^:]*):') do
    if not isOwn[label] then parts[#parts + 1] = label .. ':' .. kind .. ':' .. text end
  end
  for _, label in ipairs(order) do
    parts[#parts + 1] = label .. ':' .. (kinds[label] or '-') .. ':' .. texts[label]
  end
  return table.concat(parts, ':') .. ':'
end

local function hasTerms(packed, id, wanted)
  if not packed then return false end
  local named = entriesOfTerms(packed, id)
  for _, entry in ipairs(wanted) do
    if not named[entry.key .. '\0' .. entry.member] then return false end
  end
  return true
end

-- Keys whose life is decided anew at the end of a repair: what foreign hands did to them made the count of their expiring
-- members wrong. A key that is too large to be counted in one call keeps no count, and so never expires.
local RECOUNT = 20000
local touched = {}

local function expiringIn(kind, key, size)
  local expiring = 0
  for first = 0, size - 1, 1000 do
    local ids = redis.call('ZRANGE', key, first, first + 999)
    for i, member in ipairs(ids) do ids[i] = idOfMember(kind, member) end
    for _, deadline in ipairs(redis.call('ZMSCORE', EXPIRY, unpack(ids))) do
      if deadline then expiring = expiring + 1 end
    end
  end
  return expiring
end

local function settle()
  for key, kind in pairs(touched) do
    local size = redis.call('ZCARD', key)
    local expiring = key == INDEX and redis.call('ZCARD', EXPIRY) or 0
    if key ~= INDEX and size <= RECOUNT then expiring = expiringIn(kind, key, size) end
    if size > 0 and expiring == size then
      lengthen(key, latestDeadline())
      expiring = 0
    else
      persist(key)
    end
    if key ~= INDEX then count(key, expiring) end
  end
end

local function mendRecord(names, forms, id, adopted, texts, ranks, time, isBuild)
  local state, stored = stateOf(id, names, time)
  local key = recordKey(id)
  local isMended = false
  if state == 'bare' and adopted ~= '' then
    redis.call('HSET', key, '', stampOf(adopted))
    state, stored = stateOf(id, names, time)
    isMended = true
  end
  if state ~= 'live' then return 'none' end

  local wanted = { { kind = 'i', key = INDEX, member = id, score = stored[1] } }
  for i, form in ipairs(forms) do
    local entryKey, member = wantedEntry(form, stored, id)
    if entryKey then
      local score = form.kind == 't' and '0' or stored[1]
      if form.kind == 's' then
        if stored[form.places[1] + 1] ~= texts[i] then return 'changed' end
        score = ranks[i]
      end
      if score ~= '' then wanted[#wanted + 1] = { kind = form.kind, key = entryKey, member = member, score = score } end
    end
  end
  for _, entry in ipairs(wanted) do
    local have, isAlien = entryScore(entry.key, entry.member)
    if isAlien and entry.key ~= INDEX then redis.call('UNLINK', entry.key) end
    entry.have = have
  end

  local was = redis.call('ZSCORE', EXPIRY, id)
  local deadline = deadlineFor(key, was, time)
  local expires = deadline ~= ''
  if expires and (not was or tonumber(was) ~= tonumber(deadline)) then
    redis.call('ZADD', EXPIRY, deadline, id)
    alignExpiry()
    isMended = true
  elseif was and not expires then
    redis.call('ZREM', EXPIRY, id)
    redis.call('HDEL', TERMS, id)
    isMended = true
  end
  local isTurned = expires ~= (was and true or false)
  for _, entry in ipairs(wanted) do
    local isLasting = not expires and redis.call('PTTL', entry.key) >= 0
    if isTurned or (entry.have and isLasting) then touched[entry.key] = entry.kind end
    if entry.have and isLasting then isMended = true end
    if expires and entry.have then later(entry.key, deadline) end
    if not entry.have or tonumber(entry.have) ~= tonumber(entry.score) then
      redis.call('ZADD', entry.key, entry.score, entry.member)
      isMended = true
      if not entry.have and isBuild then
        joined(entry.key, expires and 0 or 1, expires and 1 or 0, deadline)
      elseif not entry.have then
        touched[entry.key] = entry.kind
      end
    end
  end
  if expires then
    table.remove(wanted, 1)
    local packed = redis.call('HGET', TERMS, id)
    if not hasTerms(packed, id, wanted) then
      redis.call('HSET', TERMS, id, termsWith(packed, stored[1], forms, stored))
      isMended = true
    end
  end
  return isMended and 'mended' or 'right'
end

local function takeRanks(forms)
  local texts, ranks = {}, {}
  for i, form in ipairs(forms) do
    if form.kind == 's' then
      local text = take()
      texts[i] = text ~= '' and string.sub(text, 2)
      ranks[i] = take()
    end
  end
  return texts, ranks
end
`

const pieces = [prelude, members, entries, singleEntries, conditions, sources, inspection, readTerms, mending] as const

/**
 * Puts records right. Arguments: the definition that is stored, or '' not to look; how long index keys live; forms; number of
 * records, for each its id, the time of creation with which a hash that has none is adopted ('' not to), and for each index by
 * number = and the text that was read ('' for none) and its rank ('' for a text without one); then, to keep the place of a
 * build, the one that is stored and the new one, or nothing.
 * Returns what became of each; or an error where another definition is stored, and 'elsewhere' where the build is.
 */
export const mendRecordsScript = defineScript(
  'mend-records',
  ...pieces,
  lua`
local expected = take()
if expected ~= '' and redis.call('GET', INDEX .. ':%schema') ~= expected then
  return redis.error_reply('SCHEMA the stored definition of the indexes is another one')
end
TTL = takeNumber()
local names, forms = takeForms()
local rows = {}
for i = 1, takeNumber() do
  local row = { id = take(), adopted = take() }
  row.texts, row.ranks = takeRanks(forms)
  rows[i] = row
end
local from, to = take(), take()
if from and (redis.call('GET', INDEX .. ':%build') or '') ~= from then return 'elsewhere' end

local time = tonumber(now())
local outcomes = {}
for i, row in ipairs(rows) do
  outcomes[i] = mendRecord(names, forms, row.id, row.adopted, row.texts, row.ranks, time, to)
  if to then redis.call(outcomes[i] == 'changed' and 'SADD' or 'SREM', INDEX .. ':%dirty', row.id) end
end
if to then redis.call('SET', INDEX .. ':%build', to) end
settle()
return outcomes
`,
)

/**
 * Removes entries that are not right, each judged anew. Arguments: how long index keys live; forms, of which the first is that of
 * the key, or none for the index of all records and `%expiry`; the end of the key; members.
 * Returns how many were removed.
 */
export const dropEntriesScript = defineScript(
  'drop-entries',
  ...pieces,
  lua`
TTL = takeNumber()
local names, forms = takeForms()
local form = forms[1]
local suffix = take()
local key = INDEX .. suffix
local time = tonumber(now())
local dropped = 0
for i = taken + 1, #ARGV do
  local member = ARGV[i]
  local id = idOfMember(form and form.kind or 'i', member)
  local state, stored = stateOf(id, names, time)
  local isRight = state == 'due' or state == 'bare' and not form or state == 'live'
  if state == 'live' and form then
    local right, wanted = wantedEntry(form, stored, id)
    isRight = right == key and wanted == member
  end
  if not isRight and redis.call('ZSCORE', key, member) then
    dropped = dropped + 1
    local expires = redis.call('ZSCORE', EXPIRY, id) and true or false
    if form then
      remove(key, member, expires)
      touched[key] = form.kind
    else
      touched[INDEX] = 'i'
      local packed = redis.call('HGET', TERMS, id)
      remove(INDEX, id, expires)
      for entry in pairs(packed and entriesOfTerms(packed, id) or {}) do
        local stop = string.find(entry, '\0', 1, true)
        remove(string.sub(entry, 1, stop - 1), string.sub(entry, stop + 1), expires)
      end
      redis.call('ZREM', EXPIRY, id)
      redis.call('HDEL', TERMS, id)
    end
  end
end
flush()
settle()
forget()
return dropped
`,
)

/** Removes terms of records that do not expire. Arguments: ids. Returns how many there were. */
export const dropTermsScript = defineScript(
  'drop-terms',
  prelude,
  lua`
local dropped = 0
for _, id in ipairs(ARGV) do
  if not redis.call('ZSCORE', EXPIRY, id) then dropped = dropped + redis.call('HDEL', TERMS, id) end
end
return dropped
`,
)

/**
 * Removes an index key that no definition names. Arguments: the definition that is stored, '' for none; the end of the key.
 * Returns 1, or 0 where another one is stored.
 */
export const dropKeyScript = defineScript(
  'drop-key',
  lua`
if (redis.call('GET', KEYS[1] .. ':%schema') or '') ~= ARGV[1] then return 0 end
return redis.call('UNLINK', KEYS[1] .. ARGV[2])
`,
)
