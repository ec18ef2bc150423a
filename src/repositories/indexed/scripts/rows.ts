import { lua } from '../../lua.js'

/**
 * Rows of an answer. `emit` reads one; `packed` gives all as JSON: the ids, and the values of each in the order of the names
 * that were asked for, false where there is none. Without names no record is read, and instead of values there is the
 * time of creation. A record whose hash is gone is no row.
 */
export const rows = lua`
local BYTES = 4194304
local want = takeNumber()
local names = takeList()
local isIdsOnly = #names == 0
local foundIds, foundValues, found, bytes = {}, {}, 0, 0

local function emit(chunk, place)
  local id = chunk.ids[place]
  local values
  if isIdsOnly then
    values = stampsOf(chunk)[place]
  else
    values = redis.call('HMGET', recordKey(id), unpack(names))
    if not values[1] then return end
    for i = 1, #values do
      if values[i] then bytes = bytes + #values[i] end
    end
  end
  found = found + 1
  foundIds[found], foundValues[found] = id, values
end

local function isFull()
  return found >= want or bytes >= BYTES
end

local function packed()
  return found == 0 and '' or cjson.encode({ foundIds, foundValues })
end
`
