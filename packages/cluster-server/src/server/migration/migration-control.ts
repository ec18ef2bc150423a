import type { Migration, MigrationRequest, MigrationState } from '../../commands/migration-state.js'
import { type WireError, wireError } from '../../wire-errors.js'
import { type Exchange, MigrationLink } from './migration-link.js'

/** The parts of a node that a migration needs. */
export interface MigrationHost {
  readonly nowMs: () => number
  /** @returns a function that lets go of the keys */
  readonly holdKeys: (databaseIndex: number, keys: readonly string[]) => () => void
  readonly removeKeys: (databaseIndex: number, keys: readonly string[]) => void
  /** Tries again whoever waits for a migration. */
  readonly ended: () => void
}

const MOST_LINKS = 64
const LINK_IDLE_MS = 10_000

/** Sends keys to other nodes, over connections that are kept for a while. */
export class MigrationControl implements MigrationState {
  readonly #host: MigrationHost
  readonly #links = new Map<string, MigrationLink>()

  constructor(host: MigrationHost) {
    this.#host = host
  }

  get cachedSockets(): number {
    return this.#links.size
  }

  begin(request: MigrationRequest): Migration {
    const migration: { outcome: WireError | null | undefined } = { outcome: undefined }
    const names = request.keys.map(({ key }) => key)
    const release = request.copies ? () => {} : this.#host.holdKeys(request.fromDatabase, names)
    void this.#migrate(request).then((outcome) => {
      migration.outcome = outcome
      release()
      this.#host.ended()
    })
    return migration
  }

  /** Closes connections that were not used for a while; to be called from time to time. */
  closeIdle(): void {
    for (const [name, link] of this.#links) {
      if (!link.isBusy && this.#host.nowMs() - link.usedAtMs > LINK_IDLE_MS) this.#drop(name, link)
    }
  }

  close(): void {
    for (const [name, link] of this.#links) this.#drop(name, link)
  }

  async #migrate(request: MigrationRequest): Promise<WireError | null> {
    for (let mayRetry = true; ; mayRetry = false) {
      const link = await this.#link(request)
      if (link === null) return wireError('IOERR error or timeout connecting to the client')
      const exchange = await link.send(request)
      const taken = request.keys.filter((_, index) => exchange.replies[index]?.startsWith('-') === false)
      if (!request.copies && exchange.loginError === null && taken.length > 0) {
        this.#host.removeKeys(
          request.fromDatabase,
          taken.map(({ key }) => key),
        )
      }
      const refusal = exchange.loginError ?? exchange.replies.find((reply) => reply.startsWith('-'))
      if (exchange.failure !== null) this.#drop(nameOf(request), link)
      if (refusal !== undefined) return wireError(`ERR Target instance replied with error: ${refusal.slice(1)}`)
      if (exchange.failure === null) return null
      if (exchange.failure.isTimeout || exchange.replies.length > 0 || !mayRetry) return failed(exchange.failure)
    }
  }

  /** The connection to that node; null when none can be made. */
  async #link(request: MigrationRequest): Promise<MigrationLink | null> {
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
    const link = await MigrationLink.connect(request, this.#host.nowMs)
    if (link === null) return null
    this.#links.get(name)?.close()
    this.#links.set(name, link)
    return link
  }

  #drop(name: string, link: MigrationLink): void {
    link.close()
    if (this.#links.get(name) === link) this.#links.delete(name)
  }
}

const nameOf = ({ host, port }: MigrationRequest): string => `${host}:${port}`

const failed = ({ isWriting }: NonNullable<Exchange['failure']>): WireError =>
  wireError(`IOERR error or timeout ${isWriting ? 'writing' : 'reading'} to target instance`)
