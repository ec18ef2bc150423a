import { lua } from '../../lua.js'

/** `isLike`: whether a text begins and ends as a pattern does, with its other literal parts between, in their order. */
export const textPattern = lua`
local function isLike(text, parts)
  local count = #parts
  local first, last = parts[1], parts[count]
  if count == 1 then return text == first end
  if string.sub(text, 1, #first) ~= first then return false end
  local from = #first + 1
  for i = 2, count - 1 do
    if parts[i] ~= '' then
      local _, stop = string.find(text, parts[i], from, true)
      if not stop then return false end
      from = stop + 1
    end
  end
  return #text - #last + 1 >= from and (last == '' or string.sub(text, -#last) == last)
end
`
