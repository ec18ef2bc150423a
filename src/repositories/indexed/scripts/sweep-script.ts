import { defineQueryScript } from '../../define-script.js'
import { lua } from '../../lua.js'
import { entries, terms } from './entries.js'
import { members, prelude } from './prelude.js'

/**
 * Reaps records past their deadline. Arguments: how long index keys live; how many at most, up to 1000. Returns how many it
 * reaped. What it removes has expired, so it may run twice.
 */
export const sweepScript = defineQueryScript(
  'sweep',
  prelude,
  members,
  entries,
  terms,
  lua`
TTL = takeNumber()
local ids = redis.call('ZRANGEBYSCORE', EXPIRY, '-inf', now(), 'LIMIT', 0, takeNumber())
if #ids == 0 then return 0 end
reap(ids)
forget()
return #ids
`,
)
