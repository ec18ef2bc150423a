import { isMainThread, Worker } from 'node:worker_threads'
import type { Config } from '../config.js'
import type { LogLevel } from '../node-options.js'
import { REPORT_BEGINS, REPORT_ENDS } from './stall-report.js'
import type { WatchdogThreadData } from './watchdog-thread.js'

/** The most and the least that lie between two signs of life. */
const SLOWEST_BEAT_MS = 50
const FASTEST_BEAT_MS = 5
/** Source: `CONFIG_MIN_HZ` and `CONFIG_MAX_HZ` of Redis 7.0.15. */
const [LEAST_HZ, MOST_HZ] = [1, 500]

/** What the watchdog needs of its node. */
export interface WatchdogHost {
  readonly config: Config
  /** The program of the thread that watches. */
  readonly program: URL
  /** The file of the node's log, empty for standard output; null when only this thread can write to it. */
  readonly logFile: string | null
  /** What is being loaded in the place of the data, as a sentence begins; null while nothing is. */
  loading(): string | null
  /** The client whose command came last, as the log describes it; null without one. */
  lastClient(): string | null
  log(level: LogLevel, message: string): void
}

/**
 * `watchdog-period`: the log says of each time in which the node serves nobody for so long. That is a turn of the event
 * loop that does not end, which another thread sees; or data that are being loaded, between whose turns nobody is served
 * either. Redis-server loads within one turn.
 */
export class Watchdog {
  readonly #host: WatchdogHost
  readonly #beat = new BigInt64Array(new SharedArrayBuffer(8))
  readonly #reports = new Int32Array(new SharedArrayBuffer(4))
  #isOpen = false
  #thread: Worker | null = null
  #timer: NodeJS.Timeout | null = null
  #periodMs = 0
  /** Reports of the thread that were seen. */
  #seenReports = 0
  #beatAt = 0
  /** Since when data have been loaded, and whether that was reported. */
  #loading: { readonly sinceAt: number; isReported: boolean } | null = null

  constructor(host: WatchdogHost) {
    this.#host = host
    const { config } = host
    this.#raisePeriod()
    config.onApply(['watchdog-period'], () => {
      this.#raisePeriod()
      if (this.#isOpen) this.#watch()
      return null
    })
  }

  /** Begins to watch, if that is wanted. */
  open(): void {
    this.#isOpen = true
    this.#watch()
  }

  close(): void {
    this.#isOpen = false
    this.#stop()
  }

  /** A period that is too short to tell work from a stall becomes the shortest one. Source: `applyWatchdogPeriod`. */
  #raisePeriod(): void {
    const { config } = this.#host
    const periodMs = config.number('watchdog-period')
    const hz = Math.min(MOST_HZ, Math.max(LEAST_HZ, config.number('hz')))
    const leastMs = Math.trunc(1000 / hz) * 2
    if (periodMs > 0 && periodMs < leastMs) config.assign('watchdog-period', String(leastMs))
  }

  #watch(): void {
    this.#stop()
    const { config, program, logFile, log } = this.#host
    this.#periodMs = config.number('watchdog-period')
    if (this.#periodMs === 0) return
    this.#tick()
    const workerData: WatchdogThreadData = {
      periodMs: this.#periodMs,
      beat: this.#beat,
      reports: this.#reports,
      logFile,
      isMainThread,
    }
    const thread = new Worker(program, { workerData, name: 'watchdog' })
    thread.on('message', (report: string) => log('warning', report))
    thread.on('error', (error) => log('warning', `The watchdog cannot watch: ${error.message}`))
    thread.unref()
    this.#thread = thread
    const beatMs = Math.min(SLOWEST_BEAT_MS, Math.max(FASTEST_BEAT_MS, this.#periodMs / 4))
    this.#timer = setInterval(() => this.#tick(), beatMs).unref()
  }

  #stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#timer = null
    void this.#thread?.terminate()
    this.#thread = null
    this.#loading = null
    this.#seenReports = Atomics.load(this.#reports, 0)
  }

  /** Shows that the event loop turns. */
  #tick(): void {
    const now = performance.now()
    const reports = Atomics.load(this.#reports, 0)
    if (reports !== this.#seenReports) this.#logEnd(now - this.#beatAt)
    this.#seenReports = reports
    this.#beatAt = now
    Atomics.store(this.#beat, 0, process.hrtime.bigint())
    this.#lookAtLoading(now)
  }

  /** The turn that was reported is over: more is known of it now. */
  #logEnd(elapsedMs: number): void {
    const client = this.#host.lastClient()
    const who = client === null ? '' : ` The client that was active last: ${client}`
    this.#host.log('warning', `Nobody was served for ${Math.round(elapsedMs)} milliseconds.${who}`)
  }

  #lookAtLoading(now: number): void {
    const { loading, log } = this.#host
    const what = loading()
    if (what === null) {
      this.#loading = null
      return
    }
    this.#loading ??= { sinceAt: now, isReported: false }
    const elapsedMs = now - this.#loading.sinceAt
    if (this.#loading.isReported || elapsedMs < this.#periodMs) return
    this.#loading.isReported = true
    log('warning', REPORT_BEGINS)
    log(
      'warning',
      `${what}, for ${Math.round(elapsedMs)} milliseconds by now: commands wait for its end, or are refused.`,
    )
    log('warning', REPORT_ENDS)
  }
}
