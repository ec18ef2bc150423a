import { lua } from '../../lua.js'

/**
 * The beginning of most ordered pages, before any function is declared: a script makes its functions anew in each call, and that
 * costs more than the commands. It does what `selectScript` does for the first rows by one number range index, under no condition,
 * where no row is without a value or rows enough have one, and every record is there: none has expired. Else it does nothing, and
 * what follows begins anew.
 */
export const quickOrder = lua`
do
  local call, find, argv, keys, unpack = redis.call, string.find, ARGV, KEYS, unpack
  local partitions, special = #keys / 2, '[%z\1-\31\127%%:{}]'
  local at = partitions > 1 and 2 or 1
  local want, count = tonumber(argv[at + 3]), tonumber(argv[at + 4])
  local o = (at == 1 or argv[1] == '=') and count > 0 and want <= tonumber(argv[at + 2]) and at + 5 + count
  if o and argv[o] == '1' and argv[o + 1] == 's' and argv[o + 3] == argv[o + 5] and argv[o + 4] == 'last' and argv[o + 6] == '0'
      and argv[o + 7] == '' and argv[o + 8] == 'all' and argv[o + 9] == '0' and not find(argv[o + 2], special) then
    local suffix, range = ':' .. argv[o + 2], argv[o + 3] == 'desc' and 'ZREVRANGE' or 'ZRANGE'
    local names, definitions, isPlain = { unpack(argv, at + 5, at + 4 + count) }, {}, true
    for i = 1, partitions do definitions[i] = keys[2 * i - 1] .. ':%schema' end
    for i, stored in ipairs(call('MGET', unpack(definitions))) do
      if stored ~= argv[at] and (stored or call('EXISTS', keys[2 * i - 1]) == 1) then isPlain = false end
    end
    local replies, bytes, step = {}, 0, want > 128 and 1 or 8
    for i = 1, isPlain and partitions or 0 do
      local index, stem, ids, rows = keys[2 * i - 1] .. suffix, keys[2 * i], {}, {}
      local flat = call(range, index, 0, want, 'WITHSCORES')
      local number = math.min(want, #flat / 2)
      if #flat / 2 <= want and call('EXISTS', index .. ':%null') == 1 then number, isPlain = 0, false end
      for j = 1, number do
        local id = string.sub(flat[2 * j - 1], 14)
        local key = id
        if find(id, special) then
          key = string.gsub(id, special, function(c) return string.format('%%%02X', string.byte(c)) end)
        end
        local row = call('HMGET', stem .. key, unpack(names))
        if not row[1] then
          isPlain = false
          break
        end
        ids[j], rows[j] = id, row
        if j % step == 0 then
          bytes = bytes + step * #id
          for k = 1, count do
            if row[k] then bytes = bytes + step * #row[k] end
          end
        end
      end
      if not isPlain or bytes >= 4194304 then
        isPlain = false
        break
      end
      local packed = number == 0 and '' or cjson.encode({ ids, rows })
      local member = flat[2 * want + 1]
      if member then
        local bound = { 'v', flat[2 * want + 2], string.sub(member, 1, 13), string.sub(member, 14) }
        replies[i] = { 'full', -1, 1, packed, bound }
      else
        replies[i] = { 'done', -1, 1, packed }
      end
    end
    if isPlain then return partitions > 1 and replies or replies[1] end
  end
end
`
