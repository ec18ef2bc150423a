import { lua } from '../../lua.js'
import { distinctValues } from './distinct-values.js'
import { definePartitionQuery } from './query-script.js'

/**
 * Computes over one attribute of the matching records. Arguments: those of all query scripts; `sum` or `values`; the attribute; the kind of
 * its range index, `-` for none that may be used; number of values that it can have and these, if all are known and may be looked up;
 * resume, the condition. Returns { 'done' or 'more', driver, …, resume … }, or
 * { 'again' }. In between:
 *
 *   sum     records that have a value; the sum of those that are written with an exponent or are not finite, as a double, ''
 *           for none; the sums of the digits of all others, seven by seven, before the point (the last seven first) and
 *           behind it. No double among these exceeds 2^53: nothing is rounded.
 *   values  records without a value, the values, how many records have each
 */
export const aggregateScript = definePartitionQuery('aggregate', {
  definitions: [distinctValues],
  answer: lua`
local DIGITS = 7
local kind, field, range = take(), take(), take()
local possible = takeList()
local resume = takeResume()
local conjuncts = takeConjuncts()
local drivers = planDrivers(conjuncts, {}, false)
local driver = resume and numbered(drivers, resume.driver) or drivers[1]
if not resume then
  for _, other in ipairs(drivers) do
    if other.size < driver.size then driver = other end
  end
end
local residual = driver and residualOf(conjuncts, driver, false)

-- Without conditions the sizes of the index of each value are the answer.
if kind == 'values' and #possible > 0 and #conjuncts == 0 and not resume then
  local key, counts = INDEX .. ':' .. segment(field) .. ':', {}
  for i, value in ipairs(possible) do counts[i] = redis.call('ZCARD', key .. segment(value)) end
  return { 'done', -2, redis.call('ZCARD', key .. segment(false)), possible, counts }
end

local count, double, wholes, fractions, small = 0, false, {}, {}, 0

local function addDigits(sums, place, digits, sign)
  sums[place] = (sums[place] or 0) + sign * tonumber(digits)
end

local function add(text)
  count = count + 1
  local sign, whole, fraction = string.match(text, '^([+-]?)(%d+)%.?(%d*)$')
  if not whole then
    local number = text == 'Infinity' and math.huge or text == '-Infinity' and -math.huge or tonumber(text)
    double = (double or 0) + (number or 0 / 0)
    return
  end
  if fraction == '' and #whole <= DIGITS then
    small = small + tonumber(text)
    return
  end
  sign = sign == '-' and -1 or 1
  local place = 1
  for last = #whole, 1, -DIGITS do
    addDigits(wholes, place, string.sub(whole, math.max(1, last - DIGITS + 1), last), sign)
    place = place + 1
  end
  place = 1
  for first = 1, #fraction, DIGITS do
    local digits = string.sub(fraction, first, first + DIGITS - 1)
    addDigits(fractions, place, digits .. string.rep('0', DIGITS - #digits), sign)
    place = place + 1
  end
end

local without, numbers, values = 0, {}, {}
local function note(value, times)
  if not value then
    without = without + times
  elseif numbers[value] then
    numbers[value] = numbers[value] + times
  else
    numbers[value] = times
    values[#values + 1] = value
  end
end

-- Without conditions the range index is the answer, if it holds all records with a value.
local isRanged = resume and resume.driver == -2
if not resume and range ~= '-' and #conjuncts == 0 then
  local key = INDEX .. ':' .. segment(field)
  local nulls = redis.call('ZCARD', key .. ':' .. segment(false))
  isRanged = nulls + redis.call('ZCARD', key) == redis.call('ZCARD', INDEX)
  if isRanged then without = nulls end
end
local stop
if isRanged then
  driver = { number = -2 }
  stop = distinctValues(field, range, { type = 'all', of = conjuncts }, resume, note)
else
  stop = walk(driver, residual, resume, false, function(chunk, kept)
    for _, place in ipairs(kept) do
      local found = redis.call('HMGET', recordKey(chunk.ids[place]), '', field)
      if found[1] then
        if kind == 'values' then note(found[2], 1) elseif found[2] then add(found[2]) end
      end
    end
  end, false)
end

local reply
if kind == 'values' then
  local counts = {}
  for i, value in ipairs(values) do counts[i] = numbers[value] end
  reply = { stop and 'more' or 'done', driver.number, without, values, counts }
else
  wholes[1] = (wholes[1] or 0) + small
  for i = 1, #wholes do wholes[i] = string.format('%.0f', wholes[i]) end
  for i = 1, #fractions do fractions[i] = string.format('%.0f', fractions[i]) end
  local text = double and string.format('%.17g', double) or ''
  reply = { stop and 'more' or 'done', driver.number, count, text, wholes, fractions }
end
if stop then
  for i = 1, 4 do reply[#reply + 1] = stop[i] end
end
return reply
`,
})
