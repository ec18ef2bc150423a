import { setTimeout as delay } from 'node:timers/promises'
import { createRandom, type Random } from '../../repositories/random.js'
import { type CommandOutcome, RoutedClient, type RoutedClientOptions } from './routed-client.js'

/** What is known of one key: a list to which its one writer appends 1, 2, 3 … */
interface KeyLedger {
  next: number
  /** Numbers whose writing was acknowledged. */
  readonly acknowledged: number[]
  /** Those of them that a replica had, too, before the writer went on. */
  readonly confirmed: Set<number>
  /** Numbers that may have been written, or not. */
  readonly unknown: Set<number>
}

export interface WriteLoadOptions extends RoutedClientOptions {
  readonly seeds: readonly { readonly host: string; readonly port: number }[]
  readonly keys: readonly string[]
  /** Default 4. */
  readonly writers?: number
  /** Whether each write waits for a replica (WAIT), in which case a failover must not lose it. Default false. */
  readonly confirms?: boolean
  /** How long a writer pauses after each write, default 0. */
  readonly pauseMs?: number
}

/** How long a writer waits for a replica. It goes on at once when the replica answers. */
const CONFIRMATION_MS = '100'

/**
 * Clients that write and read in a cluster while something is done to it. Each key is written by one of them, one write after
 * the other, so that what is stored later shows whatever was lost, came twice or appeared out of order.
 */
export class WriteLoad {
  readonly #options: WriteLoadOptions
  readonly #client: RoutedClient
  readonly #ledgers: ReadonlyMap<string, KeyLedger>
  #isRunning = false
  #running: readonly Promise<void>[] = []
  /** What went wrong with what was read meanwhile. */
  readonly misread: string[] = []
  /** Error replies and broken connections that writers met, and how often; without redirections. */
  readonly errors = new Map<string, number>()
  #acknowledged = 0
  #confirmed = 0
  #lastAcknowledgedMs = 0
  #longestGapMs = 0

  constructor(options: WriteLoadOptions) {
    this.#options = options
    this.#client = new RoutedClient(options.seeds, options)
    this.#ledgers = new Map(
      options.keys.map((key) => [key, { next: 1, acknowledged: [], confirmed: new Set(), unknown: new Set() }]),
    )
  }

  get moved(): number {
    return this.#client.moved
  }

  get asked(): number {
    return this.#client.asked
  }

  /** How many writes were acknowledged so far. */
  get acknowledged(): number {
    return this.#acknowledged
  }

  /** How many of them a replica had before the writer went on. */
  get confirmed(): number {
    return this.#confirmed
  }

  /** The longest time between two acknowledged writes, whoever's. */
  get longestGapMs(): number {
    return Math.round(this.#longestGapMs)
  }

  start(): this {
    this.#isRunning = true
    this.#lastAcknowledgedMs = performance.now()
    const count = this.#options.writers ?? 4
    const keys = [...this.#ledgers.keys()]
    this.#running = Array.from({ length: count }, (_, writer) =>
      this.#write(
        keys.filter((_key, index) => index % count === writer),
        createRandom(writer + 1),
      ),
    )
    return this
  }

  /** Waits until as many further writes were acknowledged. */
  async progressed(writes: number): Promise<void> {
    const goal = this.#acknowledged + writes
    const deadlineMs = performance.now() + 30_000
    while (this.#acknowledged < goal) {
      if (performance.now() > deadlineMs) throw new Error(`no ${writes} writes in 30 s; ${this.summary}`)
      await delay(5)
    }
  }

  /** Ends the writers; what is stored can still be looked at. */
  async stop(): Promise<void> {
    this.#isRunning = false
    await Promise.all(this.#running)
  }

  close(): void {
    this.#client.close()
  }

  get summary(): string {
    const errors = [...this.errors].map(([error, count]) => `${count} x ${error}`).join(', ')
    return (
      `${this.#acknowledged} writes${this.#options.confirms ? ` (${this.#confirmed} confirmed)` : ''}, ${this.moved} MOVED, ${this.asked} ASK, ` +
      `longest pause ${this.longestGapMs} ms, errors: ${errors || 'none'}`
    )
  }

  /**
   * What is wrong with what is stored, in words; nothing if all is right.
   * @param mustRemain Which writes may not be missing: all that were acknowledged, or only those that a replica confirmed.
   */
  async faults(mustRemain: 'acknowledged' | 'confirmed'): Promise<readonly string[]> {
    const faults = [...this.misread]
    for (const [key, ledger] of this.#ledgers) {
      const outcome = await this.#client.run(key, ['LRANGE', key, '0', '-1'])
      if (outcome.type !== 'answered') {
        faults.push(`${key} cannot be read: ${outcome.error}`)
        continue
      }
      const stored = (outcome.replies[0] as string[]).map(Number)
      const present = new Set(stored)
      for (const number of ledger.acknowledged) {
        if (present.has(number) || (mustRemain === 'confirmed' && !ledger.confirmed.has(number))) continue
        faults.push(`${key} lacks ${number} of ${ledger.next - 1}`)
      }
      const known = new Set(ledger.acknowledged)
      stored.forEach((number, index) => {
        if (index > 0 && number <= (stored[index - 1] ?? 0)) faults.push(`${key} has ${number} twice or too late`)
        if (!known.has(number) && !ledger.unknown.has(number)) faults.push(`${key} has ${number}, which was refused`)
      })
    }
    return faults
  }

  async #write(keys: readonly string[], random: Random): Promise<void> {
    while (this.#isRunning) {
      const key = random.of(keys)
      const ledger = this.#ledgers.get(key)
      if (ledger === undefined) continue
      const number = ledger.next
      ledger.next += 1
      const append = ['RPUSH', key, String(number)] as const
      const outcome = this.#options.confirms
        ? await this.#client.run(key, append, ['WAIT', '1', CONFIRMATION_MS])
        : await this.#client.run(key, append)
      this.#enter(ledger, number, outcome)
      if (outcome.type !== 'answered') await delay(20)
      else if (!this.#options.confirms && random.below(4) === 0) await this.#readBack(key, ledger)
      if (this.#options.pauseMs !== undefined) await delay(this.#options.pauseMs)
    }
  }

  #enter(ledger: KeyLedger, number: number, outcome: CommandOutcome): void {
    if (outcome.type === 'answered') {
      ledger.acknowledged.push(number)
      if (Number(outcome.replies[1] ?? 0) > 0) {
        ledger.confirmed.add(number)
        this.#confirmed += 1
      }
      const nowMs = performance.now()
      this.#longestGapMs = Math.max(this.#longestGapMs, nowMs - this.#lastAcknowledgedMs)
      this.#lastAcknowledgedMs = nowMs
      this.#acknowledged += 1
      return
    }
    if (outcome.type === 'unknown') ledger.unknown.add(number)
    this.errors.set(outcome.error, (this.errors.get(outcome.error) ?? 0) + 1)
  }

  async #readBack(key: string, ledger: KeyLedger): Promise<void> {
    const outcome = await this.#client.run(key, ['LINDEX', key, '-1'])
    const latest = ledger.acknowledged.at(-1)
    if (outcome.type === 'answered' && Number(outcome.replies[0]) !== latest)
      this.misread.push(`${key} ended with ${String(outcome.replies[0])} instead of ${latest}`)
  }
}
