import type { Effect } from '../commands/replication-state.js'

/** Is called with the effects of one unit: a command, a transaction or a script, which replicas apply as one. */
export type EffectListener = (unit: readonly Effect[]) => void

/** The one place through which every change leaves the node, as its effect and in order of execution. */
export class Propagation {
  readonly #listeners = new Set<EffectListener>()
  #unit: Effect[] = []
  /** Off while the stream of a primary is applied: whoever applies it passes the stream itself on. */
  enabled = true

  /** @returns a function that removes the listener. */
  listen(listener: EffectListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  add(databaseIndex: number, argv: readonly string[]): void {
    if (this.enabled && this.#listeners.size > 0) this.#unit.push({ databaseIndex, argv })
  }

  /** Ends a unit: hands its effects over. */
  flush(): void {
    if (this.#unit.length === 0) return
    const unit = this.#unit
    this.#unit = []
    for (const listener of this.#listeners) listener(unit)
  }
}
