/** Ten calls: a hash, and a sorted set that follows it. Two keys, a prefix. */
export const TEN_CALLS = `for i = 1, 3 do
  local old = redis.call('HGET', KEYS[1], 'f' .. i)
  redis.call('ZREM', KEYS[2], old or '')
  redis.call('ZADD', KEYS[2], i, ARGV[1] .. i)
end
return redis.call('HSET', KEYS[1], 'f1', ARGV[1] .. 1, 'f2', ARGV[1] .. 2, 'f3', ARGV[1] .. 3)`

/** A thousand turns without a call. */
export const LOOP = `local t = {}
local sum = 0
for i = 1, 1000 do
  t[i % 10] = i * 2
  sum = sum + t[i % 10] % 7
end
return sum`
