import { lua } from '../../lua.js'

/**
 * Keeps writers of different releases from leaving an index behind that one of them does not know.
 *
 * A partition stores the definition of its indexes as text (`index-definition.ts`). `guard` reads the first arguments of a
 * write: the definition that the writer takes to be the stored one; '' if that is exactly its own, else the number of
 * stored indexes that it does not know, for each its kind, the number of its attributes, their names. It returns false, or
 * the error with which the script must end before it changed anything: the writer then asks what is stored
 * (`guarded-calls.ts`) and calls again.
 *
 * `guardIds`, called before records are changed, removes their entries from the indexes that the writer does not know, and
 * notes the records in `%dirty`: such an index is not ready until it was completed for them. `claimDefinition`, called when
 * a record was created, stores the definition in a partition that has none.
 *
 * Needs the pieces `entries`, `singleEntries` before it. In a script over several models all guards come before the
 * first change of any.
 */
export const guard = lua`
local UNKNOWN, UNCLAIMED = false, false

local function guard()
  local expected, count = take(), take()
  local stored = redis.call('GET', INDEX .. ':%schema')
  if stored ~= expected then
    if stored or count ~= '' or redis.call('EXISTS', INDEX) == 1 then
      return redis.error_reply('SCHEMA the stored definition of the indexes is another one')
    end
    UNCLAIMED = expected
  end
  local unknown = {}
  for i = 1, tonumber(count) or 0 do
    local index = { kind = take(), names = {} }
    for j = 1, takeNumber() do index.names[j] = take() end
    unknown[i] = index
  end
  UNKNOWN = unknown[1] and unknown
  return false
end

local function claimDefinition()
  if not UNCLAIMED then return end
  redis.call('SET', INDEX .. ':%schema', UNCLAIMED)
  UNCLAIMED = false
end

local function guardIds(ids)
  if not UNKNOWN then return end
  for _, id in ipairs(ids) do
    local stamp = redis.call('HGET', recordKey(id), '')
    if stamp then
      for _, index in ipairs(UNKNOWN) do
        local values = redis.call('HMGET', recordKey(id), unpack(index.names))
        local key, member = entryOf(index.kind, index.names, values, stamp, id)
        if key then removeNow(key, member, id) end
      end
    end
    redis.call('SADD', INDEX .. ':%dirty', id)
  end
end
`

/**
 * The same for queries: reads one argument, the definition that the reader takes to be the stored one ('' for none), and
 * returns false or the error with which the script must end. A partition without records fits every definition.
 */
export const expectDefinition = lua`
local function expectDefinition()
  local expected = take()
  local stored = redis.call('GET', INDEX .. ':%schema')
  if (stored or '') == expected or (not stored and redis.call('EXISTS', INDEX) == 0) then return false end
  return redis.error_reply('SCHEMA the stored definition of the indexes is another one')
end
`
