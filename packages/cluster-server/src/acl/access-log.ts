/** Where something was refused. */
export type AccessContext = 'toplevel' | 'multi' | 'lua'

/** What was refused. */
export type AccessReason = 'command' | 'key' | 'channel' | 'auth'

/** A refusal. */
export interface AccessEvent {
  readonly reason: AccessReason
  readonly context: AccessContext
  /** The command, the key, the channel, or the word that asked for a login. */
  readonly object: string
  readonly userName: string
  /** Unix time in milliseconds. */
  readonly atMs: number
  /** The connection, as CLIENT INFO describes it. */
  readonly client: string
}

/** Refusals of the same kind, by the last of them. */
export interface AccessLogEntry extends AccessEvent {
  readonly count: number
}

/** Refusals further apart are not the same any more. */
const GROUPING_MS = 60_000
/** How many of the newest entries a refusal is compared with. */
const COMPARED = 10

/** What ACL LOG shows, the newest first. */
export class AccessLog {
  #entries: AccessLogEntry[] = []

  get entries(): readonly AccessLogEntry[] {
    return this.#entries
  }

  /** Counts a refusal with those of its kind, or puts it at the front of at most `limit` entries. */
  add(event: AccessEvent, limit: number): void {
    const at = this.#entries.slice(0, COMPARED).findIndex((entry) => isSameKind(entry, event))
    if (at === -1) {
      this.#entries.unshift({ ...event, count: 1 })
      if (this.#entries.length > limit) this.#entries.length = limit
      return
    }
    const [entry] = this.#entries.splice(at, 1)
    if (entry !== undefined) this.#entries.unshift({ ...event, count: entry.count + 1 })
  }

  clear(): void {
    this.#entries = []
  }
}

const isSameKind = (a: AccessEvent, b: AccessEvent): boolean =>
  a.reason === b.reason &&
  a.context === b.context &&
  Math.abs(a.atMs - b.atMs) <= GROUPING_MS &&
  a.object === b.object &&
  a.userName === b.userName
