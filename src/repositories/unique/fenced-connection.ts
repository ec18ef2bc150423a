import type { Connection, Script } from '../../connections/connection.js'
import { defineScript } from '../define-script.js'
import { lua } from '../lua.js'
import { scriptFunction } from '../script-function.js'
import { ConnectionView } from './connection-view.js'

/**
 * How long a fence stands: much longer than a command can be on its way. Fences are written where a writer died between its
 * claim and the confirmation, and nowhere else.
 */
const FENCE_MS = 3_600_000

/**
 * Plants a fence, and reads a hash. Keys: those of the scripts that are refused, the hash. Arguments: token, ms. Returns the
 * fields.
 *
 * Hazard: a server that gives a slot away runs a script whose keys are all there, and fails it at a key that is not, as the one
 * of the fence. Of the keys of a partition the second never exists: the call is told to try again instead.
 */
export const fenceScript = defineScript(
  'fence',
  lua`
redis.call('SET', KEYS[1] .. ':%fence:' .. ARGV[1], '1', 'PX', ARGV[2])
return redis.call('HGETALL', KEYS[3])
`,
)

/** The arguments of `fenceScript`. */
export function fenceArguments(token: string): readonly (string | number)[] {
  return [token, FENCE_MS]
}

/**
 * A view of a connection whose script calls are refused, with the error code FENCED, where the fence of a token stands: each
 * becomes a script that looks for the fence and then does what the original does. Scripts that only read are left alone.
 */
export function fencedConnection(inner: Connection, token: string): Connection {
  return new ConnectionView(inner, (request) => {
    if (request.type !== 'script' || request.script.isReadOnly === true) return request
    return { ...request, script: fencedScript(request.script), args: [...request.args, token] }
  })
}

const fencedScripts = new WeakMap<Script, Script>()

function fencedScript(script: Script): Script {
  const known = fencedScripts.get(script)
  if (known !== undefined) return known
  const fenced = defineScript(
    `fenced-${script.name}`,
    scriptFunction('run', script),
    lua`
if redis.call('EXISTS', KEYS[1] .. ':%fence:' .. ARGV[#ARGV]) == 1 then
  return redis.error_reply('FENCED the claim of this write was judged before it came')
end
local args = {}
for i = 1, #ARGV - 1 do args[i] = ARGV[i] end
return run(KEYS, args)
`,
  )
  fencedScripts.set(script, fenced)
  return fenced
}
