import { ActiveRedisError } from '../../src/errors/active-redis-error.js'
import { ConnectionError } from '../../src/errors/connection-errors.js'

/** What a record may be: its fields and its deadline; null for no record. */
export type Version = { readonly fields: readonly string[]; readonly deadlineMs: number | null } | null

/** How a write ended, as its writer knows it. */
export type WriteEnd = 'confirmed' | 'acknowledged' | 'unknown' | 'nothing'

interface Entry {
  /** The last version that cannot be lost, and all that were written on top of it. */
  versions: Version[]
  /** A write of unknown outcome may still be under way: nobody writes the record any more. */
  isRetired: boolean
}

/**
 * What the writers know of every record. A failover may take Redis back to any version since the last that replicas
 * confirmed, and no further.
 */
export class Ledger {
  readonly #entries = new Map<string, Entry>()
  readonly #errors = new Map<string, number>()
  readonly violations: string[] = []
  operations = 0
  confirmed = 0
  /** When the last record that any write let expire has expired. */
  latestDeadlineMs = 0

  /** Ids that have not been retired. */
  usable(prefix: string): string[] {
    return [...this.#entries].filter(([id, entry]) => id.startsWith(prefix) && !entry.isRetired).map(([id]) => id)
  }

  versions(id: string): readonly Version[] {
    return this.#entries.get(id)?.versions ?? [null]
  }

  wrote(id: string, version: Version, end: WriteEnd): void {
    const entry = this.#entries.get(id) ?? { versions: [null], isRetired: false }
    this.#entries.set(id, entry)
    this.latestDeadlineMs = Math.max(this.latestDeadlineMs, version?.deadlineMs ?? 0)
    switch (end) {
      case 'confirmed':
        entry.versions = [version]
        this.confirmed += 1
        break
      case 'acknowledged':
        entry.versions.push(version)
        break
      case 'unknown':
        entry.versions.push(version)
        entry.isRetired = true
        break
      case 'nothing':
        break
      default:
        throw new TypeError(String(end satisfies never))
    }
  }

  /** The write did not find the record, which must be possible. */
  missed(id: string, nowMs: number): void {
    const entry = this.#entries.get(id)
    if (entry === undefined) return
    if (!entry.versions.some((version) => isGone(version, nowMs))) {
      this.violations.push(`a write did not find ${id}, which was there: ${JSON.stringify(entry.versions)}`)
    }
    entry.versions.push(null)
  }

  /** Classifies a failure of a write; anything but a failing server is a violation. */
  failed(what: string, error: unknown): WriteEnd {
    this.noteError(what, error)
    return error instanceof ConnectionError && error.wasSent ? 'unknown' : 'nothing'
  }

  noteError(what: string, error: unknown): void {
    const isExpected = error instanceof ActiveRedisError && ['CONNECTION', 'SERVER', 'REPLICATION'].includes(error.code)
    if (!isExpected) {
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
    for (const [id, { versions }] of this.#entries) {
      const found = stored.get(id)
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

const sameFields = (left: readonly string[], right: readonly string[]): boolean => {
  const pairs = (fields: readonly string[]) =>
    fields
      .flatMap((name, index) => (index % 2 === 0 ? [`${name}\0${fields[index + 1]}`] : []))
      .sort()
      .join('\n')
  return pairs(left) === pairs(right)
}
