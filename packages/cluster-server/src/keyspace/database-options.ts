import type { AccessTracking } from './access-tracking.js'
import type { DatabaseListener } from './database-listener.js'

/** What a database is made of. */
export interface DatabaseOptions {
  readonly index: number
  /** Keeps an index by hash slot; only a cluster node needs it. Default false. */
  readonly slotIndex?: boolean
  readonly listener?: DatabaseListener
  /** How uses of keys are noted; by default the time of the last one. */
  readonly access?: AccessTracking
}
