import { ActiveRedisError } from '../../src/errors/active-redis-error.js'

/** Counts the errors that a failing server explains, and keeps the others. */
export class ErrorCount {
  readonly unexpected: string[] = []
  readonly #counts = new Map<string, number>()
  readonly #expected: ReadonlySet<string>

  constructor(...expected: readonly string[]) {
    this.#expected = new Set(['CONNECTION', 'SERVER', 'REPLICATION', ...expected])
  }

  note(what: string, error: unknown): void {
    if (error instanceof ActiveRedisError && this.#expected.has(error.code)) {
      const reply = 'replyCode' in error ? ` ${String(error.replyCode)}` : ''
      const code = `${error.code}${reply}`
      this.#counts.set(code, (this.#counts.get(code) ?? 0) + 1)
    } else this.unexpected.push(`${what}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
  }

  get text(): string {
    return [...this.#counts].map(([code, count]) => `${code} ${count}`).join(', ') || 'none'
  }
}
