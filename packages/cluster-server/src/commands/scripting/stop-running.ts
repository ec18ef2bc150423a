import { OK, type Reply } from '../../resp/reply.js'
import { wireError } from '../../wire-errors.js'
import { busyError } from '../busy.js'
import type { ServerState } from '../context.js'
import type { ScriptIdentity } from '../script-run.js'

const NOT_BUSY = wireError('NOTBUSY No scripts in execution right now.')
const WROTE = wireError(
  'UNKILLABLE Sorry the script already executed write commands against the dataset. You can either wait the script termination or kill the server in a hard way using the SHUTDOWN NOSAVE command.',
)
const REPLICATED = wireError(
  'UNKILLABLE The busy script was sent by a master instance in the context of replication and cannot be killed.',
)
/** The error of the script itself. */
const KILLED = 'Script killed by user with SCRIPT KILL...'

/** SCRIPT KILL and FUNCTION KILL, each of which stops its own kind only. */
export const stopRunning = (server: ServerState, kind: ScriptIdentity['kind']): Reply => {
  const running = server.runningScript
  if (running === null) return NOT_BUSY
  if (running.isReplicated) return REPLICATED
  if (running.wrote) return WROTE
  if (running.kind !== kind) return busyError(running)
  server.log('warning', 'Lua script killed by user with SCRIPT KILL.')
  running.stop(KILLED)
  return OK
}
