import { detach } from '../keyspace/detach.js'
import type { LatencyHistogram } from './latency-histogram.js'
import { LatencyMonitor } from './latency-monitor.js'

/** What was counted of one command. */
export interface CommandStatistics {
  calls: number
  microseconds: number
  /** Refused before it ran. */
  rejected: number
  /** Ran and answered an error. */
  failed: number
  /** With `latency-tracking`, from the first call on. */
  latency: LatencyHistogram | null
}

/** One entry of SLOWLOG. */
export interface SlowLogEntry {
  readonly id: number
  /** Unix time in seconds. */
  readonly at: number
  readonly microseconds: number
  readonly argv: readonly string[]
  readonly address: string
  readonly clientName: string
}

const RATE_SAMPLES = 16
/** How much of a command SLOWLOG keeps. */
const MAX_WORDS = 32
const MAX_WORD_LENGTH = 128

const shortened = (argv: readonly string[]): readonly string[] => {
  const words = argv.length <= MAX_WORDS ? argv : argv.slice(0, MAX_WORDS - 1)
  const kept = words.map((word) =>
    word.length <= MAX_WORD_LENGTH
      ? detach(word)
      : `${detach(word.slice(0, MAX_WORD_LENGTH))}... (${word.length - MAX_WORD_LENGTH} more bytes)`,
  )
  return argv.length <= MAX_WORDS ? kept : [...kept, `... (${argv.length - MAX_WORDS + 1} more arguments)`]
}

/** Counters of a node since its start or CONFIG RESETSTAT. The dispatcher and the connections write them. */
export class Statistics {
  connections = 0
  rejectedConnections = 0
  commands = 0
  errorReplies = 0
  inputBytes = 0
  outputBytes = 0
  evictedClients = 0
  fullResyncs = 0
  /** Error replies by their first word. */
  readonly errors = new Map<string, number>()
  /** By full name, `client|list`; only those that were called. */
  readonly commandStatistics = new Map<string, CommandStatistics>()
  readonly slowLog: SlowLogEntry[] = []
  readonly latency = new LatencyMonitor()
  #slowLogId = 0
  readonly #rates: number[] = []
  #sampledAtMs = 0
  #sampledCommands = 0

  /** Commands per second over the last samples. */
  get commandsPerSecond(): number {
    const sum = this.#rates.reduce((total, rate) => total + rate, 0)
    return this.#rates.length === 0 ? 0 : Math.round(sum / this.#rates.length)
  }

  /** Takes a sample for `commandsPerSecond`; to be called at regular intervals. */
  sampleRate(nowMs: number): void {
    const elapsedMs = nowMs - this.#sampledAtMs
    if (elapsedMs <= 0) return
    this.#rates.push(((this.commands - this.#sampledCommands) * 1000) / elapsedMs)
    if (this.#rates.length > RATE_SAMPLES) this.#rates.shift()
    this.#sampledAtMs = nowMs
    this.#sampledCommands = this.commands
  }

  countError(code: string): void {
    this.errorReplies++
    this.errors.set(code, (this.errors.get(code) ?? 0) + 1)
  }

  /** The counters of one command, made at its first use. */
  of(fullName: string): CommandStatistics {
    let statistics = this.commandStatistics.get(fullName)
    if (statistics === undefined) {
      statistics = { calls: 0, microseconds: 0, rejected: 0, failed: 0, latency: null }
      this.commandStatistics.set(fullName, statistics)
    }
    return statistics
  }

  /** Puts an entry at the front of the slow log and drops those beyond `limit`. */
  logSlow(entry: Omit<SlowLogEntry, 'id'>, limit: number): void {
    this.slowLog.unshift({ id: this.#slowLogId++, ...entry, argv: shortened(entry.argv) })
    if (this.slowLog.length > limit) this.slowLog.length = limit
  }

  /** CONFIG RESETSTAT. Counters of commands are zeroed in place, as the dispatcher holds on to them. */
  reset(): void {
    this.connections = 0
    this.rejectedConnections = 0
    this.#sampledCommands -= this.commands
    this.commands = 0
    this.errorReplies = 0
    this.inputBytes = 0
    this.outputBytes = 0
    this.evictedClients = 0
    this.fullResyncs = 0
    this.errors.clear()
    for (const statistics of this.commandStatistics.values()) {
      Object.assign(statistics, { calls: 0, microseconds: 0, rejected: 0, failed: 0, latency: null })
    }
  }
}
