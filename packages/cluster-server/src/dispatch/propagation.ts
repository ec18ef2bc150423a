import { EFFECT_TARGETS, type Effect } from '../commands/replication-state.js'

/** Is called with the effects of one unit: a command, a transaction or a script, which replicas apply as one. */
export type EffectListener = (unit: readonly Effect[]) => void

/** The one place through which every change leaves the node, as its effect and in order of execution. */
export class Propagation {
  readonly #listeners = new Map<EffectListener, number>()
  readonly #appliedListeners = new Set<EffectListener>()
  #unit: Effect[] = []
  /** Off while the stream of a primary is applied: whoever applies it passes the stream itself on. */
  enabled = true
  /** Who gets what is added, in bits of `EFFECT_TARGETS`. */
  targets: number = EFFECT_TARGETS.all
  #isSelective = false
  /** Whether anybody listens. */
  isHeard = false

  /** @param target a bit of `EFFECT_TARGETS`. @returns a function that removes the listener. */
  listen(listener: EffectListener, target: number): () => void {
    this.#listeners.set(listener, target)
    this.isHeard = true
    return () => {
      this.#listeners.delete(listener)
      this.isHeard = this.#listeners.size > 0
    }
  }

  /** Hears of what was applied for a primary. @returns a function that removes the listener. */
  listenToApplied(listener: EffectListener): () => void {
    this.#appliedListeners.add(listener)
    return () => this.#appliedListeners.delete(listener)
  }

  /** The stream of a primary was applied up to here. */
  noteApplied(unit: readonly Effect[]): void {
    for (const listener of this.#appliedListeners) listener(unit)
  }

  add(databaseIndex: number, argv: readonly string[]): void {
    if (!this.enabled || !this.isHeard) return
    const { targets } = this
    if (targets === EFFECT_TARGETS.all) this.#unit.push({ databaseIndex, argv })
    else {
      this.#isSelective = true
      this.#unit.push({ databaseIndex, argv, targets })
    }
  }

  /** The node ends in the middle of a unit: it goes nowhere. */
  discard(): void {
    this.#unit = []
  }

  /**
   * Ends a unit: hands its effects over. `separately`: each as a unit of its own, where they have nothing to do with
   * each other, as with keys that expired.
   */
  flush(separately = false): void {
    if (this.#unit.length === 0) return
    const unit = this.#unit
    this.#unit = []
    const isSelective = this.#isSelective
    this.#isSelective = false
    const units = separately ? unit.map((effect) => [effect]) : [unit]
    for (const each of units) {
      for (const [listener, target] of this.#listeners) {
        const effects = isSelective ? each.filter(({ targets = target }) => (targets & target) !== 0) : each
        if (effects.length > 0) listener(effects)
      }
    }
  }
}
