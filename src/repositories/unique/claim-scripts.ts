import { defineQueryScript, defineScript } from '../define-script.js'
import { lua } from '../lua.js'

/**
 * A claim is a hash: `holder`, `state` (`pending` or `confirmed`), `token`; while it is pending `until` (end of the lease, Unix ms by the
 * clock of its server) and, while a record gets another key, `from`. It expires with a record that expires, and a grace.
 */
const pieces = lua`
local KEY = KEYS[1]

local function nowMs()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end

local function text(ms)
  return string.format('%.0f', ms)
end

local function live(expiresAt)
  if expiresAt == '' then
    redis.call('PERSIST', KEY)
    return
  end
  local left = redis.call('PTTL', KEY)
  if left >= 0 and nowMs() + left < tonumber(expiresAt) then redis.call('PEXPIREAT', KEY, expiresAt) end
end

local function confirm(holder)
  redis.call('HSET', KEY, 'state', 'confirmed', 'holder', holder)
  redis.call('HDEL', KEY, 'until', 'from')
end
`

/**
 * Takes a claim. Arguments: holder, token, lease in ms, the holder before or '', deadline in ms or ''.
 * Returns { 'taken', holder before or '' }, { 'busy', holder, state, token, from, ms left } or { 'held', holder, state, token, from }.
 */
export const takeClaimScript = defineScript(
  'take-claim',
  pieces,
  lua`
local holder, token, lease, from, expiresAt = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4], ARGV[5]
local stored = redis.call('HMGET', KEY, 'holder', 'state', 'token', 'from', 'until')
local time = nowMs()
if not stored[1] then
  redis.call('HSET', KEY, 'holder', holder, 'state', 'pending', 'token', token, 'until', text(time + lease))
  if from ~= '' then redis.call('HSET', KEY, 'from', from) end
  if expiresAt ~= '' then redis.call('PEXPIREAT', KEY, expiresAt) end
  return { 'taken', '' }
end
local before = stored[1]
if stored[2] == 'confirmed' and (before == holder or before == from) then
  redis.call('HSET', KEY, 'holder', holder, 'state', 'pending', 'token', token, 'until', text(time + lease))
  if before ~= holder then redis.call('HSET', KEY, 'from', before) end
  live(expiresAt)
  return { 'taken', before }
end
local left = stored[2] == 'pending' and tonumber(stored[5]) - time or 0
if left > 0 then return { 'busy', before, stored[2], stored[3], stored[4] or '', text(left) } end
return { 'held', before, stored[2], stored[3], stored[4] or '' }
`,
)

/** Confirms an own claim. Arguments: token, deadline in ms or ''. Returns 1 or 0. */
export const confirmClaimScript = defineScript(
  'confirm-claim',
  pieces,
  lua`
local stored = redis.call('HMGET', KEY, 'token', 'state', 'holder')
if stored[1] ~= ARGV[1] then return 0 end
if stored[2] == 'pending' then confirm(stored[3]) end
live(ARGV[2])
return 1
`,
)

/** Gives an own pending claim back. Arguments: token, the holder before or ''. Returns 1 or 0. */
export const giveBackClaimScript = defineScript(
  'give-back-claim',
  pieces,
  lua`
local stored = redis.call('HMGET', KEY, 'token', 'state')
if stored[1] ~= ARGV[1] or stored[2] ~= 'pending' then return 0 end
if ARGV[2] == '' then redis.call('DEL', KEY) else confirm(ARGV[2]) end
return 1
`,
)

/** Ends a claim. Arguments: token, state. Returns 1 or 0. */
export const endClaimScript = defineScript(
  'end-claim',
  pieces,
  lua`
local stored = redis.call('HMGET', KEY, 'token', 'state')
if stored[1] ~= ARGV[1] or stored[2] ~= ARGV[2] then return 0 end
redis.call('DEL', KEY)
return 1
`,
)

/** Confirms a claim whose writer is gone. Arguments: token, holder. Returns 1 or 0. */
export const settleClaimScript = defineScript(
  'settle-claim',
  pieces,
  lua`
local stored = redis.call('HMGET', KEY, 'token', 'state')
if stored[1] ~= ARGV[1] or stored[2] ~= 'pending' then return 0 end
confirm(ARGV[2])
return 1
`,
)

/** Lets a claim live longer. Arguments: holder, deadline in ms or ''. Returns 1 or 0. */
export const extendClaimScript = defineScript(
  'extend-claim',
  pieces,
  lua`
local stored = redis.call('HMGET', KEY, 'holder', 'from')
if stored[1] ~= ARGV[1] and stored[2] ~= ARGV[1] then return 0 end
live(ARGV[2])
return 1
`,
)

/** Reads a claim. Returns { holder, state, token, from or '' } or {}. */
export const readClaimScript = defineQueryScript(
  'read-claim',
  lua`
local stored = redis.call('HMGET', KEYS[1], 'holder', 'state', 'token', 'from')
if not stored[1] then return {} end
return { stored[1], stored[2], stored[3], stored[4] or '' }
`,
)
