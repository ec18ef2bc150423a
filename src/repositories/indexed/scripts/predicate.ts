import { lua } from '../../lua.js'
import { textPattern } from './text-pattern.js'

/**
 * Conditions of a write, tested on one stored record. `takePredicate` reads a tree from the arguments; `holds` tests it on
 * `stored`, the values that were read of the record, the time of creation first. Attributes are named by their place after
 * that, the id by 0.
 *
 *     all n … · any n … · not … · in <place> n <segment>… · like <place> n <part>…
 *     text|number|moment <place> <min> <max> · index <place> <attr> <min> <max>     an end: '' , or `[` or `(` and the value
 *
 * `number` and `moment` read the stored text; `index` takes the rank from the range index of the attribute.
 */
export const predicate = lua`
local BYTEWISE = 'B' < 'a' and 'Z' < '_' and '_' < 'a' and 'z' < '\195\164' and 'a-b' < 'aa'

local function precedes(left, right)
  if BYTEWISE then return left < right end
  for i = 1, math.min(#left, #right) do
    local a, b = string.byte(left, i), string.byte(right, i)
    if a ~= b then return a < b end
  end
  return #left < #right
end

local function numberOf(text)
  if text == 'Infinity' then return math.huge end
  if text == '-Infinity' then return -math.huge end
  return tonumber(text)
end

local function daysOf(year, month, day)
  if month <= 2 then year = year - 1 end
  local era = math.floor(year / 400)
  local ofEra = year - era * 400
  local ofYear = math.floor((153 * (month + (month > 2 and -3 or 9)) + 2) / 5) + day - 1
  return era * 146097 + ofEra * 365 + math.floor(ofEra / 4) - math.floor(ofEra / 100) + ofYear - 719468
end

local function momentOf(text)
  if string.find(text, '^-?%d+$') then return tonumber(text) end
  local year, month, day, rest = string.match(text, '^([+-]?%d+)-(%d%d)-(%d%d)(.*)$')
  if not year then return nil end
  local hour, minute, second, fraction = 0, 0, 0, '0'
  if rest ~= '' then
    hour, minute, rest = string.match(rest, '^[Tt ](%d%d):(%d%d)(.*)$')
    if not hour then return nil end
    if string.find(rest, '^:%d%d') then second, rest = string.match(rest, '^:(%d%d)(.*)$') end
    if string.find(rest, '^[.,]%d') then fraction, rest = string.match(rest, '^[.,](%d+)(.*)$') end
  end
  local ms = (((daysOf(tonumber(year), tonumber(month), tonumber(day)) * 24 + hour) * 60 + minute) * 60 + second) * 1000
  ms = ms + tonumber(string.sub(fraction .. '00', 1, 3))
  if rest == '' or rest == 'Z' or rest == 'z' then return ms end
  local sign, hours, minutes = string.match(rest, '^([+-])(%d%d):?(%d%d)$')
  if not sign then return nil end
  local offset = (hours * 60 + minutes) * 60000
  return sign == '-' and ms + offset or ms - offset
end

local function takePredicateEnd()
  local sign = take()
  if sign == '' then return false end
  local text = take()
  return { open = sign == '(', text = text, number = tonumber(text) }
end

local function takePredicate()
  local test = { type = take() }
  local type = test.type
  if type == 'all' or type == 'any' then
    test.of = {}
    for i = 1, takeNumber() do test.of[i] = takePredicate() end
  elseif type == 'not' then
    test.inner = takePredicate()
  else
    test.place = takeNumber()
    if type == 'in' then
      test.set = {}
      for _ = 1, takeNumber() do test.set[take()] = true end
    elseif type == 'like' then
      test.parts = {}
      for i = 1, takeNumber() do test.parts[i] = take() end
    else
      if type == 'index' then test.name = take() end
      test.min, test.max = takePredicateEnd(), takePredicateEnd()
    end
  end
  return test
end

${textPattern}
local function liesBetween(number, min, max)
  if not number or number ~= number then return false end
  if min and not (number > min.number or (number == min.number and not min.open)) then return false end
  return not max or number < max.number or (number == max.number and not max.open)
end

local holds

holds = function(test, stored, id)
  local type = test.type
  if type == 'all' then
    for _, part in ipairs(test.of) do
      if not holds(part, stored, id) then return false end
    end
    return true
  elseif type == 'any' then
    for _, part in ipairs(test.of) do
      if holds(part, stored, id) then return true end
    end
    return false
  elseif type == 'not' then
    return not holds(test.inner, stored, id)
  end
  local value = id
  if test.place > 0 then value = stored[test.place + 1] end
  if type == 'in' then return test.set[segment(value)] == true end
  if not value then return false end
  if type == 'like' then return isLike(value, test.parts) end
  local min, max = test.min, test.max
  if type == 'number' then return liesBetween(numberOf(value), min, max) end
  if type == 'moment' then return liesBetween(momentOf(value), min, max) end
  if type == 'index' then
    local rank = redis.call('ZSCORE', INDEX .. ':' .. segment(test.name), stored[1] .. id)
    return liesBetween(rank and tonumber(rank), min, max)
  end
  if min and (precedes(value, min.text) or (min.open and value == min.text)) then return false end
  return not (max and (precedes(max.text, value) or (max.open and value == max.text)))
end
`
