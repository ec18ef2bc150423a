import { ActiveRedisError } from '../../src/errors/active-redis-error.js'
import { ServerError } from '../../src/errors/connection-errors.js'

/** What a server says that is not in order at the moment. Anything else that it refuses is a mistake of the one who sent it. */
const PASSING = new Set(['CLUSTERDOWN', 'TRYAGAIN', 'LOADING', 'MASTERDOWN', 'READONLY', 'MOVED', 'ASK'])

/** Whether a failing cluster explains an error. */
export function isExplained(error: unknown, expected: ReadonlySet<string>): error is ActiveRedisError {
  if (error instanceof ServerError) return PASSING.has(error.replyCode)
  return error instanceof ActiveRedisError && expected.has(error.code)
}

/** Counts the errors that a failing server explains, and keeps the others. */
export class ErrorCount {
  readonly unexpected: string[] = []
  readonly #counts = new Map<string, number>()
  readonly #expected: ReadonlySet<string>

  constructor(...expected: readonly string[]) {
    this.#expected = new Set(['CONNECTION', 'REPLICATION', ...expected])
  }

  note(what: string, error: unknown): void {
    if (isExplained(error, this.#expected)) {
      const reply = 'replyCode' in error ? ` ${String(error.replyCode)}` : ''
      const code = `${error.code}${reply}`
      this.#counts.set(code, (this.#counts.get(code) ?? 0) + 1)
    } else this.unexpected.push(`${what}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
  }

  get text(): string {
    return [...this.#counts].map(([code, count]) => `${code} ${count}`).join(', ') || 'none'
  }
}
