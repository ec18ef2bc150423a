// The program of the thread that watches whether the thread of a node goes on. Started by `Watchdog`.
import { closeSync, openSync, writeSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import { stackOfMainThread } from './main-thread-stack.js'
import { REPORT_BEGINS, REPORT_ENDS, stackSection } from './stall-report.js'

/** What the thread is given when it starts. */
export interface WatchdogThreadData {
  readonly periodMs: number
  /** When the node was seen to go on last, by the clock that all threads share, in nanoseconds. */
  readonly beat: BigInt64Array
  /** Counts the reports. */
  readonly reports: Int32Array
  /** The file of the node's log, empty for standard output; null when only its own thread can write to its log. */
  readonly logFile: string | null
  /** Whether the node runs in the main thread, of which a stack can be taken. */
  readonly isMainThread: boolean
}

const { periodMs, beat, reports, logFile, isMainThread } = workerData as WatchdogThreadData
/** How often it is looked whether a stall that was reported is over. */
const LOOK_MS = Math.min(50, Math.max(1, periodMs / 4))

const append = (file: string, text: string): void => {
  try {
    if (file === '') writeSync(1, text)
    else {
      const descriptor = openSync(file, 'a')
      writeSync(descriptor, text)
      closeSync(descriptor)
    }
  } catch {
    // A log that takes nothing must not end the watch.
  }
}

const report = async (isOver: () => boolean): Promise<void> => {
  const stack = (): Promise<readonly string[] | null> =>
    isMainThread ? stackOfMainThread(isOver) : Promise.resolve(null)
  if (logFile === null) {
    parentPort?.postMessage(`${REPORT_BEGINS}\n\n${stackSection(await stack())}\n${REPORT_ENDS}`)
    return
  }
  // The line begins as that of redis-server: what is not formatted like the others is from another thread.
  const line = (text: string): void =>
    append(logFile, `${process.pid}:watchdog (${Math.floor(Date.now() / 1000)}) ${text}\n`)
  line(`\n${REPORT_BEGINS}`)
  append(logFile, `\n${stackSection(await stack())}\n`)
  line(`${REPORT_ENDS}\n`)
}

/** Waits for the next stall, reports it, and waits for its end, over and over. */
const watch = (): void => {
  const beatAt = Atomics.load(beat, 0)
  const isOver = (): boolean => Atomics.load(beat, 0) !== beatAt
  const lateMs = Number(process.hrtime.bigint() - beatAt) / 1e6
  if (lateMs < periodMs) {
    setTimeout(watch, Math.max(1, periodMs - lateMs))
    return
  }
  Atomics.add(reports, 0, 1)
  const awaitEnd = (): void => void setTimeout(isOver() ? watch : awaitEnd, LOOK_MS)
  report(isOver).then(awaitEnd, awaitEnd)
}

watch()
