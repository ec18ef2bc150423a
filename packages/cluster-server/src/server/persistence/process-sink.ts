import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, fsync, openSync, renameSync, rmSync } from 'node:fs'
import { constants } from 'node:os'
import { promisify } from 'node:util'
import { type OpenSink, openFileSink, placeFile, type SaveSink, type SaveTarget } from './save-sink.js'

/** The program that writes what it is sent. It starts at once and needs little memory, which a second Node would not. */
const PROGRAM = 'cat'

const syncFile = promisify(fsync)

/** The process that wrote a file was ended from outside. */
export class WriterKilled extends Error {
  override readonly name = 'WriterKilled'

  constructor(readonly signalNumber: number) {
    super(`the process that writes was ended by signal ${signalNumber}`)
  }
}

class ProcessSink implements SaveSink {
  readonly pid: number
  readonly temporary: string
  readonly #child: ChildProcess
  readonly #final: string
  readonly #controller = new AbortController()
  #complaint = ''
  #ended: Error | 'done' | null = null

  constructor(child: ChildProcess, pid: number, temporary: string, final: string) {
    this.pid = pid
    this.temporary = temporary
    this.#child = child
    this.#final = final
    // Both streams are closed by then.
    child.on('close', (code, signal) => this.#closed(code, signal))
    child.stdin?.on('error', () => {})
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#complaint += text
    })
  }

  get gone(): AbortSignal {
    return this.#controller.signal
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

  async close(): Promise<void> {
    this.#child.stdin?.end()
    if (this.#ended === null) await once(this.#child, 'close')
    this.#check()
    const file = openSync(this.temporary, 'r+')
    await syncFile(file).finally(() => closeSync(file))
  }

  place(): void {
    placeFile(this.temporary, this.#final)
  }

  discard(): void {
    if (this.#ended === null) this.#child.kill('SIGKILL')
    rmSync(this.temporary, { force: true })
  }

  #check(): void {
    if (this.#ended instanceof Error) throw this.#ended
  }

  #closed(code: number | null, signal: NodeJS.Signals | null): void {
    const reason = this.#complaint.trim() || `the process that writes ended with ${code}`
    if (signal !== null) this.#ended = new WriterKilled(constants.signals[signal])
    else this.#ended = code === 0 ? 'done' : new Error(reason)
    this.#controller.abort()
  }
}

/** Writes in a process of its own, as redis-server does; in this one where there is no such program. */
export const openProcessSink: OpenSink = (target: SaveTarget) => {
  const early = target.temporaryOf(process.pid)
  const file = openSync(early, 'w', 0o644)
  let child: ChildProcess
  try {
    // In a group of its own: what a terminal sends to the server is the server's matter.
    child = spawn(PROGRAM, [], { stdio: ['pipe', file, 'pipe'], detached: true })
  } finally {
    closeSync(file)
  }
  child.on('error', () => {})
  const { pid } = child
  if (pid === undefined) return openFileSink(target)
  const temporary = target.temporaryOf(pid)
  renameSync(early, temporary)
  return new ProcessSink(child, pid, temporary, target.final)
}
