import { lua } from '../../lua.js'

/**
 * How long index keys live. A key expires only if every record in it does: at the latest of their deadlines, and not before
 * `TTL` has passed since the last write to it; rounded up, so that few writes renew it. A key with a record that stays has
 * no expiry. Which of the two it is shows in the key itself; of a key that holds both kinds of records, `%mixed` counts
 * those that expire, so that it is known when the last other one leaves.
 *
 * `%schema`, `%expiry`, `%terms` and what else belongs to the partition live as long as the index of all ids, and that outlives every other key that expires:
 * while it has no expiry itself, field '' of `%mixed` holds the latest of theirs. Where `%expiry` is missing no key has an expiry, and writes of records that stay have nothing to look after.
 *
 * `joined` and `left` are called after so many members were added to a key, or removed: records that stay, and records that
 * expire. `turned` is called when a record in it begins to expire, `lasting` when it ceases to, `later` when its deadline
 * moves; `alignExpiry` when `%expiry` was made anew beside an index that was there before.
 */
export const lifetimes = lua`
local TTL = 604800000
local clock

local function nowMs()
  clock = clock or tonumber(now())
  return clock
end

local function withIndex(command, ...)
  for _, name in ipairs({ ':%schema', ':%expiry', ':%terms', ':%moves', ':%dirty', ':%build' }) do
    redis.call(command, INDEX .. name, ...)
  end
end

local function setExpiry(key, atMs)
  redis.call('PEXPIREAT', key, atMs)
  if key == INDEX then withIndex('PEXPIREAT', atMs) end
end

local function lengthen(key, deadline)
  local wanted = math.max(tonumber(deadline), nowMs() + TTL)
  local remaining = redis.call('PTTL', key)
  if remaining >= 0 and nowMs() + remaining >= wanted then return end
  if key == INDEX and remaining < 0 then
    wanted = math.max(wanted, tonumber(redis.call('HGET', MIXED, '') or 0))
    redis.call('HDEL', MIXED, '')
  end
  local step = math.ceil(TTL / 64)
  local atMs = wanted + step - wanted % step
  setExpiry(key, atMs)
  remaining = redis.call('PTTL', INDEX)
  if remaining < 0 then
    if tonumber(redis.call('HGET', MIXED, '') or 0) < atMs then redis.call('HSET', MIXED, '', atMs) end
  elseif nowMs() + remaining < atMs then
    setExpiry(INDEX, atMs)
  end
end

local function latestDeadline()
  return redis.call('ZRANGE', EXPIRY, -1, -1, 'WITHSCORES')[2] or 0
end

local function persist(key)
  if key ~= INDEX then
    redis.call('PERSIST', key)
    return
  end
  local remaining = redis.call('PTTL', key)
  if remaining >= 0 then
    redis.call('PERSIST', key)
    redis.call('HSET', MIXED, '', nowMs() + remaining)
  elseif redis.call('PTTL', INDEX .. ':%schema') < 0 then
    return
  end
  withIndex('PERSIST')
end

local function endMixture()
  if redis.call('EXISTS', EXPIRY) == 0 then redis.call('UNLINK', MIXED) end
end

local function alignExpiry()
  local remaining = redis.call('PTTL', INDEX)
  if remaining >= 0 then setExpiry(INDEX, nowMs() + remaining) else withIndex('PERSIST') end
end

local function count(key, number)
  if number > 0 then
    redis.call('HSET', MIXED, string.sub(key, #INDEX + 1), number)
  else
    redis.call('HDEL', MIXED, string.sub(key, #INDEX + 1))
  end
end

local function counted(key)
  if key == INDEX then return redis.call('ZCARD', EXPIRY) end
  return tonumber(redis.call('HGET', MIXED, string.sub(key, #INDEX + 1)) or 0)
end

local function joined(key, staying, expiring, deadline)
  if key == INDEX and staying > 0 then
    persist(key)
  elseif redis.call('PTTL', key) >= 0 then
    if staying == 0 then return lengthen(key, deadline) end
    persist(key)
    count(key, redis.call('ZCARD', key) - staying)
  elseif expiring > 0 then
    if staying == 0 and redis.call('ZCARD', key) == expiring then return lengthen(key, deadline) end
    if key ~= INDEX then count(key, counted(key) + expiring) end
  end
end

local function left(key, staying, expiring)
  local number = counted(key)
  if number == 0 then return end
  if key ~= INDEX then number = number - expiring end
  local size = redis.call('ZCARD', key)
  if size > 0 and number == size then
    if staying > 0 then lengthen(key, latestDeadline()) end
    number = 0
  end
  if key ~= INDEX then count(key, size > 0 and number or 0) end
end

local function turned(key)
  local number = key == INDEX and counted(key) or counted(key) + 1
  if number == redis.call('ZCARD', key) then
    lengthen(key, latestDeadline())
    number = 0
  end
  if key ~= INDEX then count(key, number) end
end

local function lasting(key)
  local number = counted(key) - 1
  if redis.call('PTTL', key) >= 0 then
    persist(key)
    number = redis.call('ZCARD', key) - 1
  end
  if key ~= INDEX then count(key, number) end
end

local function later(key, deadline)
  if redis.call('PTTL', key) >= 0 then lengthen(key, deadline) end
end
`
