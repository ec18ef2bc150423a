import type { Clock } from '../clock.js'
import type { Client } from '../dispatch/client.js'
import { type OutputLimit, readOutputLimits } from './composite-settings.js'
import type { Config } from './config.js'

const NO_LIMIT: OutputLimit = { hardBytes: 0, softBytes: 0, softSeconds: 0 }

/** `client-output-buffer-limit`: which clients read too slowly to be kept. */
export class OutputLimits {
  readonly #config: Config
  readonly #clock: Clock
  #version = -1
  #limits = new Map<string, OutputLimit>()
  /** Since when a client has been above its soft limit, in milliseconds. */
  readonly #aboveSince = new Map<Client, number>()

  constructor(config: Config, clock: Clock) {
    this.#config = config
    this.#clock = clock
  }

  exceeds(client: Client, bytes: number): boolean {
    const { hardBytes, softBytes, softSeconds } = this.#limitOf(client)
    if (hardBytes > 0 && bytes >= hardBytes) return true
    if (softBytes === 0 || bytes < softBytes) {
      if (this.#aboveSince.size > 0) this.#aboveSince.delete(client)
      return false
    }
    const nowMs = this.#clock.nowMs()
    const sinceMs = this.#aboveSince.get(client)
    if (sinceMs === undefined) this.#aboveSince.set(client, nowMs)
    return sinceMs !== undefined && nowMs - sinceMs > softSeconds * 1000
  }

  /** Whether so many bytes are too many at once, before any of them is sent. */
  exceedsHard(client: Client, bytes: number): boolean {
    const { hardBytes } = this.#limitOf(client)
    return hardBytes > 0 && bytes >= hardBytes
  }

  /** The clients that were above their soft limit when they were looked at last. */
  get slowReaders(): readonly Client[] {
    return [...this.#aboveSince.keys()]
  }

  forget(client: Client): void {
    this.#aboveSince.delete(client)
  }

  #limitOf(client: Client): OutputLimit {
    if (this.#version !== this.#config.version) {
      this.#version = this.#config.version
      this.#limits = new Map(readOutputLimits(this.#config.text('client-output-buffer-limit')))
    }
    const kind = client.isReplica ? 'slave' : client.subscriptionCount > 0 ? 'pubsub' : 'normal'
    const limit = this.#limits.get(kind) ?? NO_LIMIT
    // What is kept for all of them is no reason to drop one.
    const backlogBytes = kind === 'slave' && limit.hardBytes > 0 ? this.#config.number('repl-backlog-size') : 0
    return backlogBytes > limit.hardBytes ? { ...limit, hardBytes: backlogBytes } : limit
  }
}
