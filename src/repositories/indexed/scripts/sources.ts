import { lua } from '../../lua.js'

/**
 * Sources of candidates: an index, or the part of it within bounds, read by rank, so that reading can begin anywhere in
 * O(log n). Kinds: `c` ids by creation, `s` a number range index, `t` a text range index, `i` a list of ids.
 * A source covers the ranks `lo` … `hi - 1`.
 */
export const sources = lua`
local TOP = '\255'

local function scoreBelow(key, bound, open)
  return redis.call('ZCOUNT', key, '-inf', (open and '(' or '') .. bound)
end

local function textBelow(key, bound)
  return redis.call('ZLEXCOUNT', key, '-', '(' .. bound)
end

local function whole(key, kind)
  return { key = key, kind = kind, lo = 0, hi = redis.call('ZCARD', key) }
end

local function listed(list)
  return { kind = 'i', list = list, lo = 0, hi = #list }
end

local function scoreRange(key, min, max)
  local source = whole(key, 's')
  if min then source.lo = scoreBelow(key, min.text, not min.open) end
  if max then source.hi = scoreBelow(key, max.text, max.open) end
  return source
end

local function textRange(key, min, max)
  local source = whole(key, 't')
  if min then source.lo = textBelow(key, sortable(min.text) .. (min.open and '\1' or '\0')) end
  if max then source.hi = textBelow(key, sortable(max.text) .. (max.open and '\0' or '\1')) end
  return source
end

local function prefixRange(key, prefix)
  local source = whole(key, 't')
  source.lo = textBelow(key, sortable(prefix))
  source.hi = textBelow(key, sortable(prefix) .. TOP)
  return source
end

local function size(source)
  return math.max(0, source.hi - source.lo)
end

-- How many entries of an index come before a place in it, the entry at that place included or not.
local function rankOf(source, score, member, included)
  if source.kind == 'i' then return tonumber(score) + (included and 1 or 0) end
  if source.kind == 't' then
    return redis.call('ZLEXCOUNT', source.key, '-', (included and '[' or '(') .. member)
  end
  local lo, hi = scoreBelow(source.key, score, true), scoreBelow(source.key, score, false)
  while lo < hi do
    local middle = math.floor((lo + hi) / 2)
    local other = redis.call('ZRANGE', source.key, middle, middle)[1]
    if before(other, member) or (included and other == member) then lo = middle + 1 else hi = middle end
  end
  return lo
end

local function skipTo(source, score, member, reverse)
  if reverse then
    source.hi = math.min(source.hi, rankOf(source, score, member, false))
  else
    source.lo = math.max(source.lo, rankOf(source, score, member, true))
  end
end

local function decode(kind, member, score)
  if kind == 'c' then return member, stampOf(score) end
  if kind == 's' then return string.sub(member, 14), string.sub(member, 1, 13) end
  local stop = string.find(member, '\0', 1, true)
  return string.sub(member, stop + 14), string.sub(member, stop + 1, stop + 13)
end

local function newChunk()
  return { n = 0, ids = {}, stamps = {} }
end

local function readListed(source, count, chunk)
  local wanted = {}
  for i = source.lo + 1, source.lo + count do wanted[#wanted + 1] = source.list[i] end
  local stamps = redis.call('ZMSCORE', INDEX, unpack(wanted))
  for i, id in ipairs(wanted) do
    if stamps[i] then
      chunk.n = chunk.n + 1
      chunk.ids[chunk.n], chunk.stamps[chunk.n] = id, stampOf(stamps[i])
    end
  end
end

-- Reads the next entries of a source without moving it. The chunk remembers the last entry, to resume after it. Stamps of
-- ids by creation are read at once only if asked for: a server prints scores slowly.
local function peek(source, count, reverse, chunk, withStamps)
  count = math.min(count, size(source))
  if count == 0 then return 0 end
  if source.kind == 'i' then
    readListed(source, count, chunk)
    return count
  end
  local from = reverse and source.hi - count or source.lo
  local kind = source.kind
  if kind == 'c' and not withStamps then
    local ids = redis.call('ZRANGE', source.key, from, from + count - 1)
    local n = #ids
    if reverse then
      for i = 1, math.floor(n / 2) do ids[i], ids[n - i + 1] = ids[n - i + 1], ids[i] end
    end
    chunk.n, chunk.ids, chunk.stamps, chunk.key, chunk.member = n, ids, false, source.key, ids[n]
    return count
  end
  local flat = redis.call('ZRANGE', source.key, from, from + count - 1, 'WITHSCORES')
  local ids, stamps, n = chunk.ids, chunk.stamps, 0
  local first, last, step = 1, #flat - 1, 2
  if reverse then first, last, step = #flat - 1, 1, -2 end
  chunk.flat, chunk.first, chunk.step = flat, first, step
  for i = first, last, step do
    n = n + 1
    ids[n], stamps[n] = decode(kind, flat[i], flat[i + 1])
  end
  chunk.n, chunk.member, chunk.score = n, flat[last], flat[last + 1]
  return count
end

local function advance(source, count, reverse)
  if reverse then source.hi = source.hi - count else source.lo = source.lo + count end
end
`
