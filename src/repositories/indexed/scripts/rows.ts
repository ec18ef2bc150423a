import { lua } from '../../lua.js'

/**
 * Rows of an answer. `takeProjection` reads how many are wanted and what of them; `emit` reads one; `packed` gives all as JSON: the ids, and the values of each in the order of the names
 * that were asked for, false where there is none. Without names no record is read, and instead of values there is the
 * time of creation. A record whose hash is gone is no row. About 4 MiB of ids and values fill a call, whatever it wants, and at least one row
 * of each partition.
 */
export const rows = lua`
local BYTES = 4194304
local want, names, isIdsOnly
local foundIds, foundValues, found
local bytes = 0

local function takeProjection()
  want, names = takeNumber(), takeList()
  isIdsOnly = #names == 0
  foundIds, foundValues, found = {}, {}, 0
end

local function emit(chunk, place)
  local id = chunk.ids[place]
  local values
  if isIdsOnly then
    local score = chunk.scores and chunk.scores[place]
    values = score and stampOf(score) or stampsOf(chunk)[place]
  else
    values = redis.call('HMGET', recordKey(id), unpack(names))
    if not values[1] then return end
    for i = 1, #values do
      if values[i] then bytes = bytes + #values[i] end
    end
  end
  bytes = bytes + #id
  found = found + 1
  foundIds[found], foundValues[found] = id, values
end

-- Reads all places of a chunk; returns the one with which the answer is full. Sizes of few rows are measured at every eighth.
local function emitAll(chunk)
  local ids, wanted, call, unpack, stem = chunk.ids, names, redis.call, unpack, STEM
  local isPlain = not string.find(table.concat(ids), '[%z\1-\31\127%%:{}]')
  local step = want > 128 and 1 or 8
  local number = found
  for place = 1, chunk.n do
    local id = ids[place]
    local values = call('HMGET', isPlain and stem .. id or recordKey(id), unpack(wanted))
    if values[1] then
      number = number + 1
      foundIds[number], foundValues[number] = id, values
      if number % step == 0 then
        bytes = bytes + step * #id
        for i = 1, #values do
          if values[i] then bytes = bytes + step * #values[i] end
        end
      end
      if number >= want or bytes >= BYTES then
        found = number
        return place
      end
    end
  end
  found = number
end

local function isFull()
  return found >= want or bytes >= BYTES
end

local function packed()
  return found == 0 and '' or cjson.encode({ foundIds, foundValues })
end
`
