import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { constants } from 'node:os'
import type { Readable } from 'node:stream'

/** The program that writes what it is sent. It starts at once and needs little memory, which a second Node would not. */
const PROGRAM = 'cat'

/** The process that wrote was ended from outside. */
export class WriterKilled extends Error {
  override readonly name = 'WriterKilled'

  constructor(readonly signalNumber: number) {
    super(`the process that writes was ended by signal ${signalNumber}`)
  }
}

/** A process that passes on what it is sent, as the child of redis-server writes a copy of the data. */
export class WriterProcess {
  readonly pid: number
  readonly #child: ChildProcess
  readonly #controller = new AbortController()
  #complaint = ''
  #ended: Error | 'done' | null = null

  private constructor(child: ChildProcess, pid: number) {
    this.pid = pid
    this.#child = child
    // All streams are closed by then; but what was ended from outside may have left output that nobody can take yet.
    child.on('close', (code, signal) => this.#closed(code, signal))
    child.on('exit', (code, signal) => {
      if (signal !== null) this.#closed(code, signal)
    })
    child.stdin?.on('error', () => {})
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#complaint += text
    })
  }

  /** @param output A file, or `pipe` for `output`. @returns null where there is no such program */
  static start(output: number | 'pipe'): WriterProcess | null {
    // In a group of its own: what a terminal sends to the server is the server's matter.
    const child = spawn(PROGRAM, [], { stdio: ['pipe', output, 'pipe'], detached: true })
    child.on('error', () => {})
    return child.pid === undefined ? null : new WriterProcess(child, child.pid)
  }

  /** Aborted when nothing can be written any more; `write` says why. */
  get gone(): AbortSignal {
    return this.#controller.signal
  }

  /** What comes out of it, if it was started with `pipe`. */
  get output(): Readable | null {
    return this.#child.stdout
  }

  async write(bytes: Buffer): Promise<void> {
    this.#check()
    const { stdin } = this.#child
    if (stdin?.write(bytes) === false) {
      await once(stdin, 'drain', { signal: this.gone }).catch((error: unknown) => {
        if (!this.gone.aborted) throw error
      })
    }
    this.#check()
  }

  /** Resolves when all was passed on. */
  async end(): Promise<void> {
    this.#child.stdin?.end()
    if (this.#ended === null) await once(this.#child, 'close')
    this.#check()
  }

  kill(): void {
    if (this.#ended === null) this.#child.kill('SIGKILL')
  }

  #check(): void {
    if (this.#ended instanceof Error) throw this.#ended
  }

  #closed(code: number | null, signal: NodeJS.Signals | null): void {
    if (this.#ended !== null) return
    const reason = this.#complaint.trim() || `the process that writes ended with ${code}`
    if (signal !== null) this.#ended = new WriterKilled(constants.signals[signal])
    else this.#ended = code === 0 ? 'done' : new Error(reason)
    this.#controller.abort()
  }
}
