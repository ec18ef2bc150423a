import { ConnectionError } from '../../src/errors/connection-errors.js'
import { isExplained } from './error-count.js'
import type { Span } from './loss-windows.js'

const EXPECTED: ReadonlySet<string> = new Set(['CONNECTION', 'REPLICATION'])

/** What a record may be: its fields and its deadline; null for no record. */
export type Version = { readonly fields: readonly string[]; readonly deadlineMs: number | null } | null

interface Written {
  readonly version: Version
  /** While it was written; null where it is not known whether it was. */
  readonly during: Span | null
}

/** How a write ended, as its writer knows it. */
export type WriteEnd = 'confirmed' | 'acknowledged' | 'unknown' | 'nothing'

interface Entry {
  /** The last version that replicas confirmed, and all that were written on top of it. */
  versions: Written[]
  /** A write of unknown outcome may still be under way: nobody writes the record any more. */
  isRetired: boolean
}

/**
 * What the writers know of every record. A failover may take Redis back to any version since the last that replicas
 * confirmed, and no further; where nothing failed over meanwhile, the last acknowledged version is the one that is there.
 */
export class Ledger {
  readonly #mayBeLost: (during: Span) => boolean
  readonly #entries = new Map<string, Entry>()
  readonly #errors = new Map<string, number>()
  /** For each writer the records that are there and that it may change, with their deadlines. */
  readonly #own = new Map<string, Map<string, number>>()
  readonly #gone = new Map<string, string>()
  readonly #offered = new Set<string>()
  readonly violations: string[] = []
  readonly #contradictions: { readonly what: string; readonly during: Span }[] = []
  operations = 0
  confirmed = 0
  /** When the last record that any write let expire has expired. */
  latestDeadlineMs = 0

  /** @param mayBeLost Whether an acknowledged write of that time may have been lost. */
  constructor(mayBeLost: (during: Span) => boolean) {
    this.#mayBeLost = mayBeLost
  }

  /** Records of a writer, whose ids begin with its name and a hyphen, that are there as far as it knows. */
  living(writer: string, nowMs: number): string[] {
    const own = [...(this.#own.get(writer) ?? [])]
    for (const [id, deadlineMs] of own) if (deadlineMs <= nowMs) this.#own.get(writer)?.delete(id)
    return own.filter(([, deadlineMs]) => deadlineMs > nowMs).map(([id]) => id)
  }

  /** One of the latest of a writer's records that are gone, or nothing. */
  gone(writer: string): string | undefined {
    return this.#gone.get(writer)
  }

  /** The versions of which one is there. */
  versions(id: string): readonly Version[] {
    const entry = this.#entries.get(id)
    return entry === undefined ? [null] : this.#possible(entry)
  }

  /** Fields that somebody is about to write, together. */
  offered(fields: readonly string[]): void {
    this.#offered.add(sortedPairs(fields))
  }

  /** Whether anybody ever wrote these fields together: a row of fields of two versions was written by nobody. */
  wasOffered(fields: readonly string[]): boolean {
    return this.#offered.has(sortedPairs(fields))
  }

  /** @param fromMs When the write began. */
  wrote(id: string, version: Version, end: WriteEnd, fromMs: number): void {
    const entry = this.#entries.get(id) ?? { versions: [{ version: null, during: null }], isRetired: false }
    const during = { fromMs, toMs: Date.now() }
    this.#entries.set(id, entry)
    this.#noteLife(id, version, end)
    this.latestDeadlineMs = Math.max(this.latestDeadlineMs, version?.deadlineMs ?? 0)
    switch (end) {
      case 'confirmed':
        entry.versions = [{ version, during }]
        this.confirmed += 1
        break
      case 'acknowledged':
        entry.versions.push({ version, during })
        break
      case 'unknown':
        entry.versions.push({ version, during: null })
        entry.isRetired = true
        break
      case 'nothing':
        break
      default:
        throw new TypeError(String(end satisfies never))
    }
  }

  /** The versions that may be there: the last one that cannot have been lost, and those after it. */
  #possible({ versions }: Entry): readonly Version[] {
    const last = versions.findLastIndex(({ during }) => during !== null && !this.#mayBeLost(during))
    return versions.slice(Math.max(0, last)).map(({ version }) => version)
  }

  #noteLife(id: string, version: Version, end: WriteEnd): void {
    const writer = id.slice(0, id.indexOf('-'))
    const own = this.#own.get(writer) ?? new Map<string, number>()
    this.#own.set(writer, own)
    if (end === 'unknown') {
      own.delete(id)
      if (this.#gone.get(writer) === id) this.#gone.delete(writer)
    } else if (end !== 'nothing') {
      if (version !== null) {
        own.set(id, version.deadlineMs ?? Number.POSITIVE_INFINITY)
        if (this.#gone.get(writer) === id) this.#gone.delete(writer)
      } else if (own.delete(id)) this.#gone.set(writer, id)
    }
  }

  /** The write did not find the record, which must be possible. */
  missed(id: string, nowMs: number): void {
    const entry = this.#entries.get(id)
    if (entry === undefined) return
    const possible = this.#possible(entry)
    if (!possible.some((version) => isGone(version, nowMs))) {
      this.violations.push(`a write did not find ${id}, which was there: ${JSON.stringify(possible)}`)
    }
    entry.versions.push({ version: null, during: null })
    this.#noteLife(id, null, 'acknowledged')
  }

  /** A read did not show an acknowledged write: a violation unless that was lost. */
  contradicted(what: string, during: Span): void {
    this.#contradictions.push({ what, during })
  }

  /** Reads that no lost write explains; to be asked when all is over. */
  get contradictions(): readonly string[] {
    return this.#contradictions.filter(({ during }) => !this.#mayBeLost(during)).map(({ what }) => what)
  }

  /** Classifies a failure of a write; anything but a failing server is a violation. */
  failed(what: string, error: unknown): WriteEnd {
    this.noteError(what, error)
    return error instanceof ConnectionError && error.wasSent ? 'unknown' : 'nothing'
  }

  noteError(what: string, error: unknown): void {
    if (!isExplained(error, EXPECTED)) {
      this.violations.push(`${what}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
      return
    }
    const reply = 'replyCode' in error ? ` ${String(error.replyCode)}` : ''
    const code = `${error.code}${reply}`
    this.#errors.set(code, (this.#errors.get(code) ?? 0) + 1)
  }

  /** What is wrong with the records as they are in the end; `stored` has the living ones. */
  differences(stored: ReadonlyMap<string, readonly string[]>, nowMs: number): string[] {
    const differences: string[] = []
    for (const [id, entry] of this.#entries) {
      const found = stored.get(id)
      const versions = this.#possible(entry)
      const isAllowed = versions.some((version) => {
        if (found === undefined) return isGone(version, nowMs)
        return version !== null && sameFields(version.fields, found)
      })
      if (!isAllowed) differences.push(`${id} is ${JSON.stringify(found)}, not one of ${JSON.stringify(versions)}`)
    }
    for (const id of stored.keys()) if (!this.#entries.has(id)) differences.push(`${id} was never written`)
    return differences
  }

  get errors(): string {
    return [...this.#errors].map(([code, count]) => `${code} ${count}`).join(', ') || 'none'
  }

  get size(): number {
    return this.#entries.size
  }

  get retired(): number {
    return [...this.#entries.values()].filter(({ isRetired }) => isRetired).length
  }
}

/** A version that is no record, or none any more. A margin for the clocks of two processes on one machine. */
const isGone = (version: Version, nowMs: number): boolean =>
  version === null || (version.deadlineMs !== null && version.deadlineMs <= nowMs + 50)

const sameFields = (left: readonly string[], right: readonly string[]): boolean =>
  sortedPairs(left) === sortedPairs(right)

const sortedPairs = (fields: readonly string[]): string =>
  fields
    .flatMap((name, index) => (index % 2 === 0 ? [`${name}\0${fields[index + 1]}`] : []))
    .sort()
    .join('\n')
