import type { KnownNode } from '../../cluster/known-node.js'
import type { BusParts } from './bus-parts.js'

const TIME_LIMIT_MS = 5000
/** A primary holds its clients for so many times the limit. */
const PAUSE_FACTOR = 2

type Stage =
  | { readonly type: 'none' }
  /** On the primary: it holds its clients until the replica has taken its place. */
  | { readonly type: 'yielding'; readonly untilMs: number; readonly replica: KnownNode }
  /** On the replica: it waits to hear how far the primary, which holds its clients now, has got in its stream. */
  | { readonly type: 'asking'; readonly untilMs: number }
  /** On the replica: it goes on with the stream up to there. */
  | { readonly type: 'catchingUp'; readonly untilMs: number; readonly offset: number }
  /** On the replica: it asks for votes. */
  | { readonly type: 'electing'; readonly untilMs: number }

/** CLUSTER FAILOVER: a replica takes the place of a primary that works, without losing a write. */
export class ManualFailover {
  readonly #parts: BusParts
  #stage: Stage = { type: 'none' }

  constructor(parts: BusParts) {
    this.#parts = parts
  }

  get isUnderWay(): boolean {
    return this.#stage.type !== 'none'
  }

  /** Whether the replica may ask for votes, although its primary works. */
  get mayElect(): boolean {
    return this.#stage.type === 'electing'
  }

  /** The replica that takes this primary's place; null when none does. */
  get successor(): KnownNode | null {
    return this.#stage.type === 'yielding' ? this.#stage.replica : null
  }

  /** On a replica: begins, with the help of the primary or (`force`) without. */
  begin(kind: 'agreed' | 'force'): void {
    const { host, sender, table } = this.#parts
    this.reset()
    const untilMs = host.clock.nowMs() + TIME_LIMIT_MS
    if (kind === 'force') {
      host.log('notice', 'Forced failover user request accepted.')
      this.#stage = { type: 'electing', untilMs }
      return
    }
    host.log('notice', 'Manual failover user request accepted.')
    this.#stage = { type: 'asking', untilMs }
    if (table.myself.primary !== null) sender.askForPause(table.myself.primary)
  }

  /** On a primary: a replica asks it to hold its clients. */
  yieldTo(replica: KnownNode): void {
    const { host } = this.#parts
    this.reset()
    const nowMs = host.clock.nowMs()
    this.#stage = { type: 'yielding', untilMs: nowMs + TIME_LIMIT_MS, replica }
    host.pauseWrites(nowMs + TIME_LIMIT_MS * PAUSE_FACTOR)
    host.log('notice', `Manual failover requested by replica ${replica.id}.`)
  }

  /** On a replica: its primary, which holds its clients, says how far it is. */
  heardOffset(offset: number): void {
    const stage = this.#stage
    if (stage.type !== 'asking') return
    this.#stage = { type: 'catchingUp', untilMs: stage.untilMs, offset }
    this.#parts.todo.add('manualFailover')
    this.#parts.host.log('notice', `Received replication offset for paused master manual failover: ${offset}`)
  }

  /** Goes on, if the stream has come so far. @returns whether it has to be looked at again soon */
  advance(): boolean {
    const stage = this.#stage
    if (stage.type !== 'catchingUp') return false
    const { host, todo } = this.#parts
    if (host.replication.offset !== stage.offset) return true
    this.#stage = { type: 'electing', untilMs: stage.untilMs }
    host.log('notice', 'All master replication stream processed, manual failover can start.')
    todo.add('failover')
    return false
  }

  /** Gives up when it takes too long. */
  checkTime(): void {
    const stage = this.#stage
    if (stage.type === 'none' || stage.untilMs >= this.#parts.host.clock.nowMs()) return
    this.#parts.host.log('warning', 'Manual failover timed out.')
    this.reset()
  }

  reset(): void {
    if (this.#stage.type === 'yielding') this.#parts.host.resumeWrites()
    this.#stage = { type: 'none' }
  }
}
