import { defineQueryScript, defineScript } from '../define-script.js'
import { lua } from '../lua.js'

/**
 * Field '' of a hash is not an attribute. Its text is '' in a record without attributes, which would not exist otherwise;
 * or `<until ms> <mover> <key>` while the record is being moved to that key: one mover at a time, until its lease ends.
 * Where the key exists, this hash is what the move left behind. The key is '' where the id changes.
 */
const pieces = lua`
local GROUP = 4000
local taken = 0
local function take()
  taken = taken + 1
  return ARGV[taken]
end

local function inGroups(command, key)
  local length = tonumber(take())
  for first = taken + 1, taken + length, GROUP do
    redis.call(command, key, unpack(ARGV, first, math.min(taken + length, first + GROUP - 1)))
  end
  taken = taken + length
end

local function isAsRead(key)
  local same = true
  for _ = 1, tonumber(take()) do
    local name, hasValue = take(), take() == '1'
    if redis.call('HGET', key, name) ~= (hasValue and take()) then same = false end
  end
  return same
end

local function setDeadline(key)
  local deadline = take()
  if deadline == '' then
    redis.call('PERSIST', key)
  elseif deadline ~= '=' then
    redis.call('PEXPIREAT', key, deadline)
  end
end

local function patch(key)
  local mark = redis.call('HGET', key, '')
  if not mark then redis.call('HSET', key, '', '') end
  inGroups('HSET', key)
  inGroups('HDEL', key)
  if (not mark or mark == '') and redis.call('HLEN', key) > 1 then redis.call('HDEL', key, '') end
end

local function nowMs()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end

local function isLeased(key, mover)
  local mark = redis.call('HGET', key, '')
  if not mark or mark == '' then return false end
  local untilMs, holder = string.match(mark, '^(%d+) (%S+) ')
  return holder ~= mover and tonumber(untilMs) > nowMs()
end

local function deadlineOf(key)
  local left = redis.call('PTTL', key)
  if left < 0 then return '' end
  local deadline = redis.pcall('PEXPIRETIME', key)
  if type(deadline) == 'number' then return string.format('%.0f', deadline) end
  return string.format('%.0f', nowMs() + left)
end
`

/** Creates a hash. Arguments: `1` to replace, deadline in ms or '', number of field arguments, fields. Returns 1 or 0 (taken). */
export const createHashScript = defineScript(
  'create-hash',
  pieces,
  lua`
local replace, deadline = take() == '1', take()
if redis.call('EXISTS', KEYS[1]) == 1 then
  if not replace then return 0 end
  redis.call('DEL', KEYS[1])
end
redis.call('HSET', KEYS[1], '', '')
inGroups('HSET', KEYS[1])
if redis.call('HLEN', KEYS[1]) > 1 then redis.call('HDEL', KEYS[1], '') end
if deadline ~= '' then redis.call('PEXPIREAT', KEYS[1], deadline) end
return 1
`,
)

/**
 * Changes a hash if it is still as it was read. Arguments: number of fields that must be so, for each its name, `1` and the
 * value or `0` for none; number of set arguments, fields, number of unset fields, names; `=` for the deadline that it has,
 * else the new one in ms, '' for none. Returns { 1 }, { 0 } (no such hash) or { 2, fields } (it is not as it was read).
 */
export const patchHashScript = defineScript(
  'patch-hash',
  pieces,
  lua`
if redis.call('EXISTS', KEYS[1]) == 0 then return { 0 } end
if not isAsRead(KEYS[1]) then return { 2, redis.call('HGETALL', KEYS[1]) } end
patch(KEYS[1])
setDeadline(KEYS[1])
return { 1 }
`,
)

/**
 * Moves a hash to the second key, in one slot, and changes it. Arguments: `1` where the second key may be overwritten,
 * then those of the patch. Returns 1, 0 (nothing to move, or it is not as it was read), 2 (the second key is taken) or 3
 * (somebody else is moving it).
 */
export const renameHashScript = defineScript(
  'rename-hash',
  pieces,
  lua`
local overwrite = take() == '1'
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
if not overwrite and redis.call('EXISTS', KEYS[2]) == 1 then return 2 end
if isLeased(KEYS[1], '') then return 3 end
if not isAsRead(KEYS[1]) then return 0 end
redis.call('HSET', KEYS[1], '', '')
redis.call('RENAME', KEYS[1], KEYS[2])
patch(KEYS[2])
setDeadline(KEYS[2])
return 1
`,
)

/**
 * Takes or renews the lease on a hash, and reads it. Arguments: mover, lease in ms, the new key or ''.
 * Returns {} (no such hash), { 0 } (somebody else is moving it) or { 1, deadline or '', fields }.
 */
export const leaseHashScript = defineScript(
  'lease-hash',
  pieces,
  lua`
local mover, lease, to = take(), tonumber(take()), take()
if redis.call('EXISTS', KEYS[1]) == 0 then return {} end
if isLeased(KEYS[1], mover) then return { 0 } end
redis.call('HSET', KEYS[1], '', string.format('%.0f %s %s', nowMs() + lease, mover, to))
return { 1, deadlineOf(KEYS[1]), redis.call('HGETALL', KEYS[1]) }
`,
)

/** Deletes a hash if it is as it was read. Arguments: deadline or '', fields. Returns 1, 0 (gone) or 2 (changed). */
export const deleteUnchangedHashScript = defineScript(
  'delete-unchanged-hash',
  pieces,
  lua`
local stored = redis.call('HGETALL', KEYS[1])
if #stored == 0 then return 0 end
if deadlineOf(KEYS[1]) ~= take() or #stored ~= #ARGV - taken then return 2 end
local expected = {}
for i = taken + 1, #ARGV, 2 do expected[ARGV[i]] = ARGV[i + 1] end
for i = 1, #stored, 2 do
  if expected[stored[i]] ~= stored[i + 1] then return 2 end
end
redis.call('DEL', KEYS[1])
return 1
`,
)

/** Gives a lease back. Arguments: mover. */
export const releaseHashScript = defineScript(
  'release-hash',
  pieces,
  lua`
local mark = redis.call('HGET', KEYS[1], '')
if not mark or string.match(mark, '^%d+ (%S+) ') ~= take() then return 0 end
redis.call('HSET', KEYS[1], '', '')
if redis.call('HLEN', KEYS[1]) > 1 then redis.call('HDEL', KEYS[1], '') end
return 1
`,
)

/** Deletes a hash if it is still as it was read. Arguments: as those with which a patch begins. Returns 1, 0 (gone) or 2. */
export const deleteHashScript = defineScript(
  'delete-hash',
  pieces,
  lua`
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
if not isAsRead(KEYS[1]) then return 2 end
redis.call('DEL', KEYS[1])
return 1
`,
)

/** Gives a hash that expires a later deadline. Arguments: deadline in ms. Returns 1, or 0 where it has none or a later one. */
export const extendHashScript = defineScript(
  'extend-hash',
  pieces,
  lua`
local deadline, old = take(), deadlineOf(KEYS[1])
if old == '' or tonumber(old) >= tonumber(deadline) then return 0 end
return redis.call('PEXPIREAT', KEYS[1], deadline)
`,
)

/** Deletes what a move left behind, unless the mover may still be at work. Returns 1, or 3 (somebody is moving it). */
export const deleteLeftoverScript = defineScript(
  'delete-leftover',
  pieces,
  lua`
if isLeased(KEYS[1], '') then return 3 end
redis.call('DEL', KEYS[1])
return 1
`,
)

/** Sets or removes a deadline. Arguments: deadline in ms, '' for none. Returns 1 or 0 (no such hash). */
export const expireHashScript = defineScript(
  'expire-hash',
  lua`
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
if ARGV[1] == '' then redis.call('PERSIST', KEYS[1]) else redis.call('PEXPIREAT', KEYS[1], ARGV[1]) end
return 1
`,
)

/** Reads a deadline. Returns -2 (no such hash), '' (never) or milliseconds. */
export const deadlineScript = defineQueryScript(
  'deadline',
  pieces,
  lua`
if redis.call('EXISTS', KEYS[1]) == 0 then return -2 end
return deadlineOf(KEYS[1])
`,
)
