import { defineScript } from '../../define-script.js'
import { lua } from '../../lua.js'
import { scriptFunction } from '../../script-function.js'
import { insertScript } from './insert-script.js'
import { prelude } from './prelude.js'
import { deleteScript } from './record-scripts.js'
import { changeScript, updateScript } from './update-script.js'

/**
 * Applies writes to records of several models in one slot, all or none. Keys: two for each model. Arguments: number of writes;
 * for each its kind (`i` insert, `r` insert or replace, `u` update, `c` change, `d` delete), the number of its model, the id, how many stored
 * values it expects, for each the attribute, `1` and the value or `0` for none, the number of its arguments, and the
 * arguments, as the script of its own takes them: those of the guard first.
 *
 * Everything that can refuse a write is checked before the first one: whether ids are free or taken, what was expected, and
 * that the definitions of the indexes are those that the writer knows. Returns { place, 'duplicate' | 'missing' | 'stale' } for
 * the first write that cannot be, or {} when all are done.
 */
export const transactionScript = defineScript(
  'transaction',
  scriptFunction('insert', insertScript),
  scriptFunction('update', updateScript),
  scriptFunction('change', changeScript),
  scriptFunction('delete', deleteScript),
  prelude,
  lua`
local time = tonumber(now())

local function isThere(index, stem, id)
  if redis.call('HEXISTS', stem .. segment(id), '') == 0 then return false end
  local deadline = redis.call('ZSCORE', index .. ':%expiry', id)
  return not deadline or tonumber(deadline) > time
end

local function isOther(index, expected, count)
  local stored = redis.call('GET', index .. ':%schema')
  return stored ~= expected and (stored or count ~= '' or redis.call('EXISTS', index) == 1)
end

local writes = {}
for place = 1, takeNumber() do
  local kind, model, id = take(), takeNumber(), take()
  local index, stem = KEYS[2 * model - 1], KEYS[2 * model]
  local exists = isThere(index, stem, id)
  local refused
  if kind == 'i' then
    refused = exists and 'duplicate'
  elseif kind ~= 'r' then
    refused = not exists and 'missing'
  end
  for _ = 1, takeNumber() do
    local attribute, hasValue = take(), take() == '1'
    local value = hasValue and take()
    if not refused and redis.call('HGET', stem .. segment(id), attribute) ~= value then refused = 'stale' end
  end
  if refused then return { place, refused } end
  local args = {}
  for i = 1, takeNumber() do args[i] = take() end
  if isOther(index, args[1], args[2]) then
    return redis.error_reply('SCHEMA the stored definition of the indexes is another one')
  end
  writes[place] = { kind = kind, keys = { index, stem }, args = args }
end

-- A write that empties a partition forgets its definition; the writes that follow were agreed on under that one.
local definitions = {}
for _, write in ipairs(writes) do
  local key = write.keys[1] .. ':%schema'
  definitions[key] = redis.call('GET', key)
end

local run = { i = insert, r = insert, u = update, c = change, d = delete }
for _, write in ipairs(writes) do
  local key = write.keys[1] .. ':%schema'
  if definitions[key] and redis.call('EXISTS', key) == 0 then redis.call('SET', key, definitions[key]) end
  local outcome = run[write.kind](write.keys, write.args)
  if type(outcome) == 'table' and outcome.err then return outcome end
end
return {}
`,
)
