import { BUSY_FUNCTION, BUSY_SCRIPT, type WireError } from '../wire-errors.js'
import type { RunningScript } from './script-run.js'

/** The answer to what cannot be served before a script or a function has ended. */
export const busyError = ({ kind }: RunningScript): WireError => (kind === 'script' ? BUSY_SCRIPT : BUSY_FUNCTION)
