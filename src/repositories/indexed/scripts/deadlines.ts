import { lua } from '../../lua.js'

/**
 * Sets or removes the deadline of a record that was read with `readIndexed`. Returns false where that removed the record.
 */
export const deadlines = lua`
local function setDeadline(indexes, id, stored, deadline)
  local key, old = recordKey(id), redis.call('ZSCORE', EXPIRY, id)
  if deadline == '' then
    redis.call('PERSIST', key)
    redis.call('HDEL', TERMS, id)
    if redis.call('ZREM', EXPIRY, id) == 0 then return true end
    lasting(INDEX)
    eachEntry(indexes, stored, id, lasting)
    endMixture()
    return true
  elseif tonumber(deadline) <= nowMs() then
    drop(indexes, id, stored)
    flush()
    forget()
    return false
  end
  redis.call('PEXPIREAT', key, deadline)
  redis.call('ZADD', EXPIRY, deadline, id)
  redis.call('HSET', TERMS, id, packTerms(indexes, stored))
  local act = old and later or turned
  act(INDEX, deadline)
  eachEntry(indexes, stored, id, function(entry) act(entry, deadline) end)
  return true
end
`
