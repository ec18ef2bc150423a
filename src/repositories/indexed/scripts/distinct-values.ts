import { lua } from '../../lua.js'

/**
 * Counts the records of each value from the range index of an attribute, whose order brings equal values together: the end of a run
 * that is longer than what was read is found by a count, in O(log n). `add` is called with values and numbers. Text is
 * a part of its entries; for a number one record of the run is asked, and the size of the value's index tells whether all of it have that text.
 * Where they have not (numbers beyond the precision of scores), and where expired records may be among them, each record is asked.
 *
 * Returns nothing at the end, or where to resume: -2; 1 after a run, 2 within one; score and member.
 */
export const distinctValues = lua`
local function distinctValues(field, kind, residual, resume, add)
  local key = INDEX .. ':' .. segment(field)
  local source = whole(key, kind)
  local last, examined, step = source.hi, 0, 16

  local function labelOf(flat, at)
    if kind == 's' then return flat[at + 1] end
    return string.sub(flat[at], 1, string.find(flat[at], '\0', 1, true) - 1)
  end

  local function endOf(label)
    if kind == 's' then return scoreBelow(key, label, false) end
    return textBelow(key, label .. '\1')
  end

  local function valueOf(label, member, score, length)
    if kind == 't' then return unsortable(label) end
    local found = redis.call('HMGET', recordKey((decode(kind, member, score))), '', field)
    if not found[1] or not found[2] then return false end
    local isOnly = length == 1 or redis.call('ZCARD', key .. ':' .. segment(found[2])) == length
    return isOnly and found[2]
  end

  local function addEach(stop)
    source.hi = stop
    while size(source) > 0 do
      local chunk = newChunk()
      local count = peek(source, CHUNK, false, chunk, false)
      advance(source, count, false)
      for _, place in ipairs(filter(residual, chunk, allOf(chunk))) do
        local found = redis.call('HMGET', recordKey(chunk.ids[place]), '', field)
        if found[1] then add(found[2], 1) end
      end
      examined = examined + count
      if examined >= BUDGET then return { '-2', 2, chunk.score, chunk.member } end
    end
    source.hi = last
  end

  if resume then skipTo(source, resume.score, resume.member, false) end
  if #residual.of > 0 then return addEach(last) end
  if resume and resume.source == 2 then
    local place = addEach(endOf(labelOf({ resume.member, resume.score }, 1)))
    if place then return place end
  end
  while size(source) > 0 do
    local flat = redis.call('ZRANGE', key, source.lo, math.min(last, source.lo + step) - 1, 'WITHSCORES')
    local runs, at, label = 0, 1, false
    while at <= #flat do
      local from, first = at, source.lo
      label = labelOf(flat, at)
      repeat at = at + 2 until at > #flat or labelOf(flat, at) ~= label
      local stop = at > #flat and endOf(label) or first + (at - from) / 2
      local value = valueOf(label, flat[from], flat[from + 1], stop - first)
      if value then
        add(value, stop - first)
        source.lo = stop
      else
        local place = addEach(stop)
        if place then return place end
      end
      runs = runs + 1
    end
    examined = examined + #flat / 2 + 2 * runs
    step = runs > 1 and math.min(CHUNK, 2 * step) or math.max(2, math.floor(step / 2))
    if examined >= BUDGET and size(source) > 0 then
      if kind == 's' then return { '-2', 1, label, '\255' } end
      return { '-2', 1, '0', label .. '\1' }
    end
  end
end
`
