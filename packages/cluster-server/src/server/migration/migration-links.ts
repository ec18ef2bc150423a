import type { MigrationRequest } from '../../commands/migration-state.js'
import { type Exchange, MigrationLink, type NoLink } from './migration-link.js'

/** What came of a migration, as data that can be sent to another thread. */
export interface TransferOutcome {
  /** The keys that the other node took. */
  readonly taken: readonly string[]
  /** The line of the error; null without one. */
  readonly error: string | null
}

const MOST_LINKS = 64
const LINK_IDLE_MS = 10_000

/** Brings keys to other nodes, over connections that are kept for a while. */
export class MigrationLinks {
  readonly #nowMs: () => number
  readonly #links = new Map<string, MigrationLink>()

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
  }

  get size(): number {
    return this.#links.size
  }

  /**
   * Restores the keys at the other node. A connection that broke before anything was answered is made anew once: one that
   * was kept may have been closed by the other side long ago. Whatever was not acknowledged is not taken, though the other
   * node may have it.
   */
  async transfer(request: MigrationRequest): Promise<TransferOutcome> {
    for (let mayRetry = true; ; mayRetry = false) {
      const link = await this.#link(request)
      if (link === 'unreachable') return { taken: [], error: 'IOERR error or timeout connecting to the client' }
      // Redis notices only when it writes.
      if (link === 'refused') return { taken: [], error: failureText({ isTimeout: false, isWriting: true }) }
      const { loginError, replies, failure, sent } = await link.send(request)
      const taken = loginError === null ? sent.filter((_, index) => replies[index]?.startsWith('-') === false) : []
      if (failure !== null) this.#drop(nameOf(request), link)
      const refusal = loginError ?? replies.find((reply) => reply.startsWith('-'))
      if (refusal !== undefined) return { taken, error: `ERR Target instance replied with error: ${refusal.slice(1)}` }
      if (failure === null) return { taken, error: null }
      if (failure.isTimeout || replies.length > 0 || !mayRetry) return { taken, error: failureText(failure) }
    }
  }

  /** Closes connections that were not used for a while; to be called from time to time. */
  closeIdle(): void {
    for (const [name, link] of this.#links) {
      if (!link.isBusy && this.#nowMs() - link.usedAtMs > LINK_IDLE_MS) this.#drop(name, link)
    }
  }

  close(): void {
    for (const [name, link] of this.#links) this.#drop(name, link)
  }

  async #link(request: MigrationRequest): Promise<MigrationLink | NoLink> {
    const name = nameOf(request)
    const existing = this.#links.get(name)
    if (existing !== undefined) return existing
    if (this.#links.size >= MOST_LINKS) {
      for (const [other, link] of this.#links) {
        if (link.isBusy) continue
        this.#drop(other, link)
        break
      }
    }
    const link = await MigrationLink.connect(request, this.#nowMs)
    if (!(link instanceof MigrationLink)) return link
    const earlier = this.#links.get(name)
    if (earlier !== undefined) {
      // Another migration was quicker to connect, and may be using its link.
      link.close()
      return earlier
    }
    this.#links.set(name, link)
    return link
  }

  #drop(name: string, link: MigrationLink): void {
    link.close()
    if (this.#links.get(name) === link) this.#links.delete(name)
  }
}

const nameOf = ({ host, port }: MigrationRequest): string => `${host}:${port}`

const failureText = ({ isWriting }: NonNullable<Exchange['failure']>): string =>
  `IOERR error or timeout ${isWriting ? 'writing' : 'reading'} to target instance`
