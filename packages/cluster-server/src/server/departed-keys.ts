import type { ServerState } from '../commands/context.js'
import type { Propagation } from '../dispatch/propagation.js'

/** The parts of a node that removing keys takes. */
export interface DepartedKeysParts {
  readonly server: ServerState
  readonly propagation: Propagation
  /** Runs `work` as a unit of its own, in nobody's name. */
  runUnit(work: () => void): void
}

/** Removes keys that another node has now, as DEL would: replicas, the append-only file and whoever watches hear of it. */
export class DepartedKeys {
  readonly #parts: DepartedKeysParts

  constructor(parts: DepartedKeysParts) {
    this.#parts = parts
  }

  /** Keys that another node has acknowledged. On a replica nothing is removed: what its primary has decides. */
  remove(databaseIndex: number, keys: readonly string[]): void {
    if (this.#parts.server.replication.role === 'primary') this.#remove(databaseIndex, keys)
  }

  /** All keys of a slot that another node owns. */
  removeSlot(slot: number): void {
    this.#remove(0, this.#parts.server.databases[0]?.slots?.keys(slot, Number.MAX_SAFE_INTEGER) ?? [])
  }

  #remove(databaseIndex: number, keys: readonly string[]): void {
    const { server, propagation } = this.#parts
    const database = server.databases[databaseIndex]
    if (keys.length === 0 || database === undefined) return
    this.#parts.runUnit(() => {
      const removed = keys.filter((key) => database.delete(key))
      for (const key of removed) database.changed(key, 'del')
      if (removed.length > 0) propagation.add(databaseIndex, ['DEL', ...removed])
    })
  }
}
