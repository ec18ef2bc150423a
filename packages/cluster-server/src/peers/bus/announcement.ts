/** For so long the other shards are told nothing more after they were told of slots. */
const PAUSE_MS = 10

/** Who is sent a pong. */
export type Audience = 'all' | 'shardReplicas' | 'otherShards'

/**
 * Tells other nodes that this one claims slots, without waiting for the next ping: after the answers of the turn, as Redis
 * does, so that no client waits for it, and once for all slots of the turn. The replicas of its shard hear of each slot at
 * once, because one of them claims them in its place; the others, when slot after slot is moved, once in a while.
 */
export class Announcement {
  readonly #pongTo: (audience: Audience) => void
  #turn: NodeJS.Immediate | null = null
  #pause: NodeJS.Timeout | null = null
  #hasMore = false

  constructor(pongTo: (audience: Audience) => void) {
    this.#pongTo = pongTo
  }

  make(): void {
    this.#turn ??= setImmediate(() => {
      this.#turn = setImmediate(() => {
        this.#turn = null
        this.#send()
      })
    })
  }

  close(): void {
    if (this.#turn !== null) clearImmediate(this.#turn)
    if (this.#pause !== null) clearTimeout(this.#pause)
    this.#turn = null
    this.#pause = null
  }

  #send(): void {
    if (this.#pause === null) {
      this.#pongTo('all')
      this.#beginPause()
    } else {
      this.#pongTo('shardReplicas')
      this.#hasMore = true
    }
  }

  #beginPause(): void {
    this.#hasMore = false
    this.#pause = setTimeout(() => {
      this.#pause = null
      if (!this.#hasMore) return
      this.#pongTo('otherShards')
      this.#beginPause()
    }, PAUSE_MS)
  }
}
