import { detach } from '../keyspace/detach.js'
import type { LatencyHistogram } from './latency-histogram.js'
import { LatencyMonitor } from './latency-monitor.js'
import { RateSampler } from './rate-sampler.js'

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
  /** What came from a primary, and what replicas were sent; not among the ones above. */
  replicationInputBytes = 0
  replicationOutputBytes = 0
  /** Chunks that were received, and writes to sockets. */
  reads = 0
  writes = 0
  replyBufferShrinks = 0
  replyBufferExpands = 0
  /** Time spent on removing expired keys in the background. */
  expiryCycleMs = 0
  evictedClients = 0
  fullResyncs = 0
  /** Replicas that went on where they were cut off, and that asked for it in vain. */
  partialResyncs = 0
  refusedResyncs = 0
  /** Copies of the data that were begun to be written in the background, and how long the last one took to begin. */
  snapshots = 0
  lastSnapshotUs = 0
  /** Commands of the primary that were answered with an error. */
  unexpectedErrors = 0
  /** Error replies by their first word. */
  readonly errors = new Map<string, number>()
  /** By full name, `client|list`; only those that were called. */
  readonly commandStatistics = new Map<string, CommandStatistics>()
  readonly slowLog: SlowLogEntry[] = []
  readonly latency = new LatencyMonitor()
  #slowLogId = 0
  readonly commandRate = new RateSampler()
  readonly inputRate = new RateSampler()
  readonly outputRate = new RateSampler()
  readonly replicationInputRate = new RateSampler()
  readonly replicationOutputRate = new RateSampler()

  /** Takes a sample for the rates; to be called at regular intervals. */
  sampleRates(nowMs: number): void {
    this.commandRate.sample(this.commands, nowMs)
    this.inputRate.sample(this.inputBytes + this.replicationInputBytes, nowMs)
    this.outputRate.sample(this.outputBytes + this.replicationOutputBytes, nowMs)
    this.replicationInputRate.sample(this.replicationInputBytes, nowMs)
    this.replicationOutputRate.sample(this.replicationOutputBytes, nowMs)
  }

  /** A write to the socket of a client. */
  countOutput(bytes: number, isReplica: boolean): void {
    if (isReplica) this.replicationOutputBytes += bytes
    else this.outputBytes += bytes
    this.writes++
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
    for (const rate of [this.commandRate, this.inputRate, this.outputRate]) rate.restart()
    for (const rate of [this.replicationInputRate, this.replicationOutputRate]) rate.restart()
    this.reads = 0
    this.writes = 0
    this.replyBufferShrinks = 0
    this.replyBufferExpands = 0
    this.expiryCycleMs = 0
    this.commands = 0
    this.errorReplies = 0
    this.inputBytes = 0
    this.outputBytes = 0
    this.replicationInputBytes = 0
    this.replicationOutputBytes = 0
    this.evictedClients = 0
    this.fullResyncs = 0
    this.partialResyncs = 0
    this.refusedResyncs = 0
    this.snapshots = 0
    this.lastSnapshotUs = 0
    this.unexpectedErrors = 0
    this.errors.clear()
    for (const statistics of this.commandStatistics.values()) {
      Object.assign(statistics, { calls: 0, microseconds: 0, rejected: 0, failed: 0, latency: null })
    }
  }
}
