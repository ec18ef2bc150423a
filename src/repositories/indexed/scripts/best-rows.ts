import { lua } from '../../lua.js'

/**
 * The best rows of what is read in another order than the wanted one: `considerRows` takes those that follow the place to begin,
 * `cutRows` keeps as many of them as are wanted, in order. `cutAt` is the last one kept where others were left out.
 */
export const bestRows = lua`
local best, cutAt = {}, false

local function compareRanks(kind, left, right)
  if left == right then return 0 end
  if kind == 's' or kind == 'c' then return left < right and -1 or 1 end
  return before(left, right) and -1 or 1
end

-- True where a rank comes strictly before another one in an order; false is the rank of rows without a value.
local function rankPrecedes(i, left, right)
  if left and right then
    local difference = compareRanks(orders[i].kind, left, right)
    return difference ~= 0 and (difference < 0) ~= orders[i].reverse
  end
  if orders[i].nullsFirst then return right and not left end
  return left and not right
end

local function comesFirst(left, right)
  for i = 1, #orders do
    local one, other = left.ranks[i], right.ranks[i]
    if rankPrecedes(i, one, other) then return true end
    if rankPrecedes(i, other, one) then return false end
  end
  if left.created ~= right.created then return (left.created < right.created) ~= tieReverse end
  if tieReverse then return before(right.id, left.id) end
  return before(left.id, right.id)
end

local floor = false
if after then
  floor = { ranks = {}, created = tonumber(after.stamp), id = after.id }
  for i, rank in ipairs(after.ranks) do
    local kind = orders[i].kind
    floor.ranks[i] = rank and (kind == 's' or kind == 'c') and tonumber(rank) or rank
  end
end

-- The ranks of some places of a chunk in one order, and the same as text.
local function ranksOf(by, chunk, places)
  local ranks, texts = {}, {}
  if by.kind == 's' then
    if #places == 0 then return ranks, texts end
    local entries = rangeScores(by.key, chunk, places)
    for i = 1, #places do
      texts[i] = entries[i] or false
      ranks[i] = texts[i] and tonumber(texts[i])
    end
    return ranks, texts
  end
  for i, place in ipairs(places) do
    if by.kind == 't' then
      ranks[i] = stored(chunk, place, by.field) or false
    elseif by.kind == 'k' then
      ranks[i] = chunk.ids[place]
    end
    texts[i] = ranks[i]
    if by.kind == 'c' then
      texts[i] = stampsOf(chunk)[place]
      ranks[i] = tonumber(texts[i])
    end
  end
  return ranks, texts
end

local function cutRows()
  table.sort(best, comesFirst)
  if #best > want then cutAt = best[want] end
  for i = #best, want + 1, -1 do best[i] = nil end
end

local function considerRows(chunk, places)
  local ranks, texts = {}, {}
  for i, by in ipairs(orders) do ranks[i], texts[i] = ranksOf(by, chunk, places) end
  local stamps = stampsOf(chunk)
  for at, place in ipairs(places) do
    local stamp = stamps[place]
    local row = { chunk = chunk, place = place, id = chunk.ids[place], stamp = stamp, created = tonumber(stamp), ranks = {}, texts = {} }
    for i = 1, #orders do row.ranks[i], row.texts[i] = ranks[i][at], texts[i][at] end
    if not floor or comesFirst(floor, row) then best[#best + 1] = row end
  end
  if #best > 2 * want + 1000 then cutRows() end
end

local function placeOf(row)
  local place = {}
  for i = 1, #orders do
    place[#place + 1] = row.ranks[i] and 'v' or 'n'
    place[#place + 1] = row.texts[i] or ''
  end
  place[#place + 1] = row.stamp
  place[#place + 1] = row.id
  return place
end
`
