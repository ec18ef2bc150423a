import { lua } from '../../lua.js'

/**
 * The update of most records, before any function is declared: a script makes its functions anew in each call, and that costs
 * more than the commands. It does what `writeChange` does where nothing expires in the partition, the guard has nothing to
 * do, no composite is touched (`p` instead of their number: names and new values are their own segments too) and no text
 * needs to be hidden; else it does nothing, and what follows begins anew.
 */
export const quickUpdate = lua`
do
  local call, find = redis.call, string.find
  local index, argv, kinds, setLength = KEYS[1], ARGV, ARGV[5], tonumber(ARGV[9])
  local unsetLength = argv[8] == 'p' and argv[2] == '' and tonumber(argv[10 + setLength])
  if unsetLength and setLength + unsetLength < 4000
      and call('GET', index .. ':%schema') == argv[1]
      and (kinds .. argv[6] == '' or call('EXISTS', index .. ':%expiry', index .. ':%mixed') == 0) then
    local id, sets, names = argv[4], #kinds, {}
    local key = id
    if find(id, '[%z\1-\31\127%%:{}]') then
      key = string.gsub(id, '[%z\1-\31\127%%:{}]', function(c) return string.format('%%%02X', string.byte(c)) end)
    end
    key = KEYS[2] .. key
    for i = 1, sets do names[i] = argv[8 + 2 * i] end
    for i = 1, #argv[6] do names[sets + i] = argv[10 + setLength + i] end
    kinds = kinds .. argv[6]
    local stored = call('HMGET', key, '', unpack(names))
    local stamp, isPlain = stored[1], true
    if not stamp then return 0 end
    for i = 1, #kinds do
      local old = stored[i + 1]
      if old and find(old, '[%z\1-\31\127%%:{}]') then isPlain = false end
    end
    if isPlain then
      if setLength > 0 then call('HSET', key, unpack(argv, 10, 9 + setLength)) end
      if unsetLength > 0 then call('HDEL', key, unpack(argv, 11 + setLength, 10 + setLength + unsetLength)) end
      local rank = 10 + setLength + unsetLength
      for i = 1, #kinds do
        local old, new, kind = stored[i + 1], i <= sets and argv[9 + 2 * i], string.byte(kinds, i)
        if kind == 115 and new then rank = rank + 1 end
        if old ~= new and kind ~= 110 then
          local entries = index .. ':' .. names[i]
          call('ZADD', entries .. ':' .. (new or '%null'), stamp, id)
          call('ZREM', entries .. ':' .. (old or '%null'), id)
          if kind == 115 then
            if new then
              call('ZADD', entries, argv[rank], stamp .. id)
            else
              call('ZREM', entries, stamp .. id)
            end
          elseif kind == 116 then
            if new then call('ZADD', entries, 0, new .. '\0' .. stamp .. id) end
            if old then call('ZREM', entries, old .. '\0' .. stamp .. id) end
          end
        end
      end
      return 1
    end
  end
end
`
