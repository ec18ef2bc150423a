import { lua } from '../../lua.js'

/**
 * Sums of numbers in text, which a double would not always hold. `addDecimals` adds decimals of any length exactly, and
 * keeps the digits after the point; `addFloats` gives the double nearest to the exact sum in the text that JavaScript
 * prints: the fewest digits that tell it from its neighbours, which are at least 15 but for denormal numbers. Both return nil for text that is no number. `isAtLeast` compares two numbers of one form.
 */
export const arithmetic = lua`
local LIMB = 7

local function decimalOf(text)
  local sign, whole, fraction = string.match(text, '^(-?)(%d+)(%.?%d*)$')
  if not whole or fraction == '.' then return nil end
  return sign == '-', whole, string.sub(fraction, 2)
end

local function combine(left, right, sign)
  local limbs = math.ceil(math.max(#left, #right) / LIMB)
  left = string.rep('0', limbs * LIMB - #left) .. left
  right = string.rep('0', limbs * LIMB - #right) .. right
  local out, carry = {}, 0
  for i = limbs, 1, -1 do
    local first, last = (i - 1) * LIMB + 1, i * LIMB
    local sum = tonumber(string.sub(left, first, last)) + sign * tonumber(string.sub(right, first, last)) + carry
    carry = 0
    if sum >= 10000000 then
      sum, carry = sum - 10000000, 1
    elseif sum < 0 then
      sum, carry = sum + 10000000, -1
    end
    out[i] = string.format('%07d', sum)
  end
  return (carry == 1 and '1' or '') .. table.concat(out)
end

local function addDecimals(left, right)
  local leftIsNegative, leftWhole, leftFraction = decimalOf(left)
  local rightIsNegative, rightWhole, rightFraction = decimalOf(right)
  if not leftWhole or not rightWhole then return nil end
  local scale = math.max(#leftFraction, #rightFraction)
  if scale == 0 and #leftWhole <= 15 and #rightWhole <= 15 then
    return string.format('%.0f', tonumber(left) + tonumber(right) + 0)
  end
  local a = leftWhole .. leftFraction .. string.rep('0', scale - #leftFraction)
  local b = rightWhole .. rightFraction .. string.rep('0', scale - #rightFraction)
  local isNegative, digits = leftIsNegative, nil
  if leftIsNegative == rightIsNegative then
    digits = combine(a, b, 1)
  else
    local length = math.max(#a, #b)
    a, b = string.rep('0', length - #a) .. a, string.rep('0', length - #b) .. b
    local isLess = false
    for i = 1, length do
      local x, y = string.byte(a, i), string.byte(b, i)
      if x ~= y then
        isLess = x < y
        break
      end
    end
    if isLess then
      digits, isNegative = combine(b, a, -1), rightIsNegative
    else
      digits = combine(a, b, -1)
    end
  end
  local whole = string.match(string.sub(digits, 1, #digits - scale), '^0*(%d*)$')
  local fraction = string.sub(digits, #digits - scale + 1)
  if whole == '' then whole = '0' end
  if not string.find(whole .. fraction, '[1-9]') then isNegative = false end
  return (isNegative and '-' or '') .. whole .. (scale > 0 and '.' .. fraction or '')
end

local function shortest(number)
  local first = math.abs(number) < 2.2250738585072014e-308 and 0 or 14
  for precision = first, 16 do
    local text = string.format('%.' .. precision .. 'e', number)
    if tonumber(text) == number then return text end
    local head, digit, tail = string.match(text, '^(.*)(%d)(e.*)$')
    if digit ~= '9' then
      local above = head .. (tonumber(digit) + 1) .. tail
      if tonumber(above) == number then return above end
    end
  end
  return string.format('%.16e', number)
end

local function floatText(number)
  if number ~= number then return 'NaN' end
  if number == math.huge then return 'Infinity' end
  if number == -math.huge then return '-Infinity' end
  if number == 0 then return '0' end
  if number == math.floor(number) and math.abs(number) < 1e15 then return string.format('%.0f', number) end
  local sign, first, rest, exponent = string.match(shortest(number), '^(-?)(%d)%.?(%d*)e([+-]%d+)$')
  local digits = string.match(first .. rest, '^(.-)0*$')
  local point = tonumber(exponent) + 1
  if point > 21 or point < -5 then
    local fraction = #digits > 1 and '.' .. string.sub(digits, 2) or ''
    return sign .. first .. fraction .. 'e' .. (point > 0 and '+' or '-') .. math.abs(point - 1)
  elseif point <= 0 then
    return sign .. '0.' .. string.rep('0', -point) .. digits
  elseif point >= #digits then
    return sign .. digits .. string.rep('0', point - #digits)
  end
  return sign .. string.sub(digits, 1, point) .. '.' .. string.sub(digits, point + 1)
end

local function addFloats(left, right)
  local sum = addDecimals(left, right)
  if sum then return floatText(tonumber(sum)) end
  local a, b = numberOf(left), numberOf(right)
  if not a or not b then return nil end
  return floatText(a + b)
end

local function isAtLeast(left, right, areFloats)
  if areFloats then return numberOf(left) >= numberOf(right) end
  local negated = string.sub(right, 1, 1) == '-' and string.sub(right, 2) or '-' .. right
  return string.sub(addDecimals(left, negated), 1, 1) ~= '-'
end
`
