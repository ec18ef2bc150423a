import type { ReplicationInfo } from './replication-info.js'
import type { WriteLog } from './write-log.js'

/** How far a replica must have come for an answer about one slot to count. */
export interface Floor {
  readonly history: string
  readonly offset: number
}

/** What one primary said of one slot, for as long as it says so. */
interface SlotState {
  readonly primary: string
  readonly history: string
  /** Offset at which the primary was first seen to have the whole slot. */
  readonly wholeSince: number
  /** The latest offset that it told, and what this connection had written before it was asked. */
  offset: number
  writes: number
  seenAtMs: number
}

/** After so long without a look a slot may have left its primary and come back half way. */
const TRUSTED_MS = 5_000

/**
 * Offsets that replicas must have reached. Each slot has two: the one from which on its primary had all of its keys,
 * below which a replica may show half of a slot that was moving in; and a recent one, which covers this connection's writes.
 */
export class SlotFloors {
  readonly #log: WriteLog
  readonly #slots = new Map<number, SlotState>()

  constructor(log: WriteLog) {
    this.#log = log
  }

  /** Writes answered so far: to be read before a primary is asked, and passed to `seen` with its answer. */
  get writes(): number {
    return this.#log.count
  }

  /** A primary had the whole slot, and was at this offset a moment later. */
  seen(slot: number, primary: string, info: ReplicationInfo, writes: number): void {
    const state = this.#slots.get(slot)
    const seenAtMs = performance.now()
    if (state === undefined || state.primary !== primary || state.history !== info.history) {
      const { history, offset } = info
      this.#slots.set(slot, { primary, history, wholeSince: offset, offset, writes, seenAtMs })
    } else if (info.offset >= state.offset) {
      // Questions overtake each other; the older answer says less.
      Object.assign(state, { offset: info.offset, writes: Math.max(writes, state.writes), seenAtMs })
    }
  }

  /** The slot has left its primary, or is leaving. */
  forget(slot: number): void {
    this.#slots.delete(slot)
  }

  /** The floor of a slot under a primary; null when the primary has to be asked first. */
  floor(slot: number, primary: string, readYourWrites: boolean): Floor | null {
    const state = this.#slots.get(slot)
    if (state === undefined || state.primary !== primary) return null
    if (performance.now() - state.seenAtMs > TRUSTED_MS) return null
    if (!readYourWrites) return { history: state.history, offset: state.wholeSince }
    if (!this.#log.isQuietSince(slot, state.writes)) return null
    return { history: state.history, offset: state.offset }
  }

  /**
   * The floor of a slot whose primary has just been asked: what this connection wrote since then is none of the asker's
   * business. Null when the slot has left the primary meanwhile.
   */
  freshFloor(slot: number, primary: string, readYourWrites: boolean): Floor | null {
    const state = this.#slots.get(slot)
    if (state === undefined || state.primary !== primary) return null
    return { history: state.history, offset: readYourWrites ? state.offset : state.wholeSince }
  }

  /**
   * What is known of a slot whose primary is away: the floor as it was last seen, however long ago; `none` where any replica
   * will do; `unknown` where a replica could lack a write of this connection unnoticed.
   */
  lastFloor(slot: number, primary: string, readYourWrites: boolean): Floor | 'none' | 'unknown' {
    const state = this.#slots.get(slot)
    if (state === undefined || state.primary !== primary) {
      return readYourWrites && !this.#log.isQuietSince(slot, 0) ? 'unknown' : 'none'
    }
    if (!readYourWrites) return { history: state.history, offset: state.wholeSince }
    return this.#log.isQuietSince(slot, state.writes) ? { history: state.history, offset: state.offset } : 'unknown'
  }
}
