import { lua } from '../../lua.js'

/**
 * The names and the texts that all scripts share. `segment` is the twin of `encodeSegment`, byte for byte; `segments` that of
 * `encodeSegments`.
 *
 * Hazard: Lua's `<` on strings uses the server's locale (LC_COLLATE). Only `before` orders text by bytes: it takes `<`
 * where some pairs that every collation but C sorts otherwise show that the locale is C, and else compares byte by byte.
 */
export const prelude = lua`
local INDEX, STEM = KEYS[1], KEYS[2]
local EXPIRY, TERMS, MIXED = INDEX .. ':%expiry', INDEX .. ':%terms', INDEX .. ':%mixed'
local taken = 0

local function take()
  taken = taken + 1
  return ARGV[taken]
end

local function takeNumber()
  return tonumber(take())
end

local function hex(codes, character)
  local code = string.format('%%%02X', string.byte(character))
  codes[character] = code
  return code
end

local function segment(value)
  if not value then return '%null' end
  if not string.find(value, '[%z\1-\31\127%%:{}]') then return value end
  return (string.gsub(value, '[%z\1-\31\127%%:{}]', setmetatable({}, { __index = hex })))
end

local function segments(values)
  local list = {}
  for i = 1, #values do list[i] = segment(values[i]) end
  return table.concat(list, '%+')
end

local function unhex(digits)
  return string.char(tonumber(digits, 16))
end

local function unsegment(text)
  if text == '%null' then return false end
  return (string.gsub(text, '%%(%x%x)', unhex))
end

local function recordKey(id)
  return STEM .. segment(id)
end

local function stampOf(ms)
  if #ms == 13 then return ms end
  return string.format('%013d', tonumber(ms))
end

local function now()
  local time = redis.call('TIME')
  return string.format('%010d%03d', tonumber(time[1]), math.floor(tonumber(time[2]) / 1000))
end
`

/**
 * Members of range indexes. Text keeps the order of its bytes and cannot run into what follows: NUL becomes 1 1, and
 * 1 becomes 1 2, so that the NUL that ends it is less than any byte of a longer text.
 */
export const members = lua`
local function hide(character)
  if character == '\1' then return '\1\2' end
  return '\1\1'
end

local function sortable(text)
  if not string.find(text, '[%z\1]') then return text end
  return (string.gsub(text, '[%z\1]', hide))
end

local function show(digit)
  if digit == '\2' then return '\1' end
  return '\0'
end

local function unsortable(text)
  if not string.find(text, '\1', 1, true) then return text end
  return (string.gsub(text, '\1([\1\2])', show))
end

local function rangeMember(kind, text, stamp, id)
  if kind == 's' then return stamp .. id end
  return sortable(text) .. '\0' .. stamp .. id
end
`
