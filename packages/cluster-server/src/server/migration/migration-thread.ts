import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads'
import type { MigrationRequest } from '../../commands/migration-state.js'
import type { TransferOutcome } from './migration-links.js'

/** What the thread is given when it starts. */
export interface MigrationThreadData {
  readonly port: MessagePort
  /** Counts the outcomes that were posted. */
  readonly done: Int32Array
  /** Counts up as long as the thread is alive. */
  readonly pulse: Int32Array
}

/** A thread that gives no sign of life for so long is not there. It takes a while to start on a busy machine. */
const SILENCE_MS = 10_000
const LOOK_MS = 500

/**
 * Sends keys to other nodes from a thread of its own, while this one waits for it: what a transaction or a script asks for
 * has to be over before their next command.
 */
export class MigrationThread {
  readonly #worker: Worker
  readonly #port: MessagePort
  readonly #done = new Int32Array(new SharedArrayBuffer(4))
  readonly #pulse = new Int32Array(new SharedArrayBuffer(4))

  /** @param program of the thread */
  constructor(program: URL) {
    const { port1, port2 } = new MessageChannel()
    this.#port = port1
    const workerData: MigrationThreadData = { port: port2, done: this.#done, pulse: this.#pulse }
    this.#worker = new Worker(program, { workerData, transferList: [port2] })
    // Its end is noticed by its silence: the event loop stands still meanwhile.
    this.#worker.on('error', () => {})
    this.#worker.unref()
    this.#port.unref()
  }

  /** @returns null when the thread is not there */
  run(request: MigrationRequest): TransferOutcome | null {
    const before = Atomics.load(this.#done, 0)
    this.#port.postMessage(request)
    let pulse = Atomics.load(this.#pulse, 0)
    let aliveAt = performance.now()
    while (Atomics.wait(this.#done, 0, before, LOOK_MS) === 'timed-out') {
      const now = Atomics.load(this.#pulse, 0)
      if (now !== pulse) aliveAt = performance.now()
      else if (performance.now() - aliveAt > SILENCE_MS) return null
      pulse = now
    }
    const received: { message: TransferOutcome } | undefined = receiveMessageOnPort(this.#port)
    return received?.message ?? null
  }

  close(): void {
    this.#port.close()
    void this.#worker.terminate()
  }
}
