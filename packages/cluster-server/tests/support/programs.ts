import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Redis } from 'ioredis'

const PROGRAM = fileURLToPath(new URL('../../bin/activeredis-server.mjs', import.meta.url))

/** How a program ended. */
export interface Outcome {
  readonly status: number | null
  readonly signal: NodeJS.Signals | null
  readonly output: string
}

/** A program under test. */
export class Program {
  readonly #child: ChildProcess
  readonly ended: Promise<Outcome>
  output = ''

  constructor(command: string, words: readonly string[], directory: string, input?: string) {
    this.#child = spawn(command, words, { cwd: directory, stdio: ['pipe', 'pipe', 'pipe'] })
    this.#child.stdin?.on('error', () => {})
    this.#child.stdin?.end(input)
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.output += chunk.toString('latin1')
      })
    }
    this.ended = new Promise((resolve) => {
      this.#child.once('close', (status, signal) => resolve({ status, signal, output: this.output }))
    })
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  async ready(): Promise<this> {
    const gone = this.ended.then(({ output }) => {
      throw new Error(`the program ended:\n${output}`)
    })
    const ready = new Promise<void>((resolve) => {
      const look = () => {
        if (/ready to accept connections/i.test(this.output)) resolve()
      }
      this.#child.stdout?.on('data', look)
      look()
    })
    await Promise.race([ready, gone])
    gone.catch(() => {})
    return this
  }

  kill(signal: NodeJS.Signals): Promise<Outcome> {
    this.#child.kill(signal)
    return this.ended
  }
}

/** The programs of one suite, which share a directory, and their clients. */
export class Programs {
  readonly directory = mkdtempSync(join(tmpdir(), 'activeredis-program-'))
  readonly #bindsAsItLikes: boolean
  readonly #running: Program[] = []
  readonly #clients: Redis[] = []

  /** `bindsAsItLikes`: a server is not told to listen on 127.0.0.1 only; for suites about that. */
  constructor({ bindsAsItLikes = false } = {}) {
    this.#bindsAsItLikes = bindsAsItLikes
  }

  /** Starts `activeredis-server`, with options for Node. */
  run(words: readonly string[], input?: string, ...options: readonly string[]): Program {
    return this.#start(process.execPath, [...options, PROGRAM, ...this.#bound(words)], input)
  }

  /** Starts `redis-server`. */
  runReal(words: readonly string[]): Program {
    return this.#start('redis-server', this.#bound(words))
  }

  /** A client that does not connect again. */
  client(address: { readonly port: number; readonly password?: string } | { readonly path: string }): Redis {
    // A client that is not connected would keep the process for the two seconds of the default.
    const client = new Redis({ ...address, retryStrategy: () => null, disconnectTimeout: 100 })
    client.on('error', () => {})
    this.#clients.push(client)
    return client
  }

  /** @returns the path of the file */
  write(name: string, text: string): string {
    const path = join(this.directory, name)
    writeFileSync(path, text, 'latin1')
    return path
  }

  async endAll(): Promise<void> {
    for (const client of this.#clients.splice(0)) client.disconnect()
    for (const program of this.#running.splice(0)) await program.kill('SIGKILL')
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true })
  }

  #bound(words: readonly string[]): readonly string[] {
    const at = words.indexOf('--port')
    if (this.#bindsAsItLikes || at === -1 || words.includes('--bind')) return words
    return [...words.slice(0, at), '--bind', '127.0.0.1', ...words.slice(at)]
  }

  #start(command: string, words: readonly string[], input?: string): Program {
    const program = new Program(command, words, this.directory, input)
    this.#running.push(program)
    return program
  }
}
