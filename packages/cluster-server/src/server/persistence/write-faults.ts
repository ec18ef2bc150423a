import type { WriteFault } from '../../commands/persistence-state.js'
import { CANNOT_SAVE, wireError } from '../../wire-errors.js'

/** The last save in the background has failed. */
export const UNSAVED: WriteFault = {
  refusal: CANNOT_SAVE,
  scriptRefusal: wireError(
    "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk. Writable scripts are blocked. Use 'no-writes' flag for read only scripts.",
  ),
}

/** The append-only file could not be written, for a reason that the system gave. */
export const unloggedFault = (reason: string): WriteFault => ({
  refusal: wireError(`MISCONF Errors writing to the AOF file: ${reason}`),
  scriptRefusal: wireError(
    `MISCONF Redis is configured to persist data to AOF, but it's currently unable to persist to disk. Writable scripts are blocked. Use 'no-writes' flag for read only scripts. AOF error: ${reason}`,
  ),
})
