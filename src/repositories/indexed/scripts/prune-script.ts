import { defineScript } from '../../define-script.js'
import { lua } from '../../lua.js'
import { conditions } from './conditions.js'
import { entries, singleEntries } from './entries.js'
import { inspection } from './inspection-scripts.js'
import { members, prelude } from './prelude.js'
import { sources } from './sources.js'

/**
 * Removes the entries of records from indexes that are being dropped. Arguments: the definition that is stored; how long index
 * keys live; forms; score and member of the last record seen, '' for the beginning; how many records.
 * Returns { number of records, score and member of the last one }; an error where another definition is stored.
 */
export const pruneScript = defineScript(
  'prune',
  prelude,
  members,
  entries,
  singleEntries,
  conditions,
  sources,
  inspection,
  lua`
if redis.call('GET', INDEX .. ':%schema') ~= take() then
  return redis.error_reply('SCHEMA the stored definition of the indexes is another one')
end
TTL = takeNumber()
local names, forms = takeForms()
local score, member = take(), take()
local flat = entriesAfter(INDEX, 'i', score, member, takeNumber())
for i = 1, #flat, 2 do
  local id = flat[i]
  local stored = redis.pcall('HMGET', recordKey(id), '', unpack(names))
  if not stored.err and stored[1] then
    for _, form in ipairs(forms) do
      local key, other = wantedEntry(form, stored, id)
      if key then removeNow(key, other, id) end
    end
  end
end
return { #flat / 2, flat[#flat] or '', flat[#flat - 1] or '' }
`,
)
