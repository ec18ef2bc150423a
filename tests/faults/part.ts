import type { Connection } from '../../src/connections/connection.js'

/** One kind of work that goes on while a cluster is broken, and what must hold of it. */
export interface Part {
  prepare(): Promise<void>
  start(isRunning: () => boolean): void
  /** Waits for its writers and readers, which have been told to end. */
  ended(): Promise<void>
  /** When everything is mended: what is wrong; nothing if all is right. */
  faults(direct: Connection): Promise<readonly string[]>
  readonly summary: string
}

/** What replicas are waited for. */
export const WAIT = { replicas: 1, timeoutMs: 1_000 }
