import type { ScriptHost } from '../../scripting/engine.js'
import { wireError } from '../../wire-errors.js'
import type { ServerState } from '../context.js'
import { logOf } from './run-script.js'

/** A library registers its functions within this time, or is refused. */
const LOAD_LIMIT_MS = 500
const TIMEOUT = 'FUNCTION LOAD timeout'
const NOT_HERE = wireError('ERR Libraries run no command while they are loaded')

/** What a library may do while it is loaded: log. One that a primary sent has all the time it takes. */
export const loadHost = (server: ServerState, isReplicated = false): ScriptHost => {
  const startedAt = performance.now()
  return {
    call: () => NOT_HERE,
    log: logOf(server),
    setProtocol: () => {},
    setReplication: () => {},
    interrupted: () => (!isReplicated && performance.now() - startedAt > LOAD_LIMIT_MS ? TIMEOUT : undefined),
  }
}
