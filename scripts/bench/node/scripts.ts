/** Ten calls: a hash, and a sorted set that follows it. Two keys, a prefix. */
export const TEN_CALLS = `for i = 1, 3 do
  local old = redis.call('HGET', KEYS[1], 'f' .. i)
  redis.call('ZREM', KEYS[2], old or '')
  redis.call('ZADD', KEYS[2], i, ARGV[1] .. i)
end
return redis.call('HSET', KEYS[1], 'f1', ARGV[1] .. 1, 'f2', ARGV[1] .. 2, 'f3', ARGV[1] .. 3)`

/** Arithmetic, table stores and texts, as a script has them that prepares an answer. */
export const LOOP = `local t = {}
local sum = 0
for i = 1, 1000 do
  sum = (sum + i * 3) % 1000003
  t[i] = 'item:' .. i
end
return sum`
/** Nothing but reads and writes of a small table. */
export const TABLE_LOOP = `local t = {}
local sum = 0
for i = 1, 1000 do
  t[i % 10] = i * 2
  sum = sum + t[i % 10] % 7
end
return sum`
