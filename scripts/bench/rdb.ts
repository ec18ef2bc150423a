import { connect, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { isInstalled, type RunningServer, startOurServer, startRedisServer } from './programs.js'

const KEYS = 1_000_000
const VALUE_BYTES = 32
/** How often the servers are asked, so that a stall is seen. */
const PROBE_MS = 1

interface Outcome {
  readonly saveMs: number
  /** The longest time that an answer took while the save went on, and before it. */
  readonly longestMs: number
  readonly longestIdleMs: number
}

/** Prints how long BGSAVE of a million keys takes, and the longest time that a client waits for an answer meanwhile. */
export const benchRdb = async (): Promise<void> => {
  const servers = [await startOurServer(['--enable-debug-command', 'yes'])]
  if (await isInstalled('redis-server')) servers.push(await startRedisServer(['--enable-debug-command', 'yes']))
  try {
    console.log(`rdb: BGSAVE of ${KEYS} keys of ${VALUE_BYTES} bytes, a PING every ${PROBE_MS} ms meanwhile`)
    for (const server of servers) {
      const { saveMs, longestMs, longestIdleMs } = await measure(server)
      console.log(
        `  ${server.label}: ${(saveMs / 1000).toFixed(2)} s, longest answer ${longestMs.toFixed(1)} ms (idle ${longestIdleMs.toFixed(1)} ms)`,
      )
    }
  } finally {
    for (const server of servers) await server.stop()
  }
}

const measure = async (server: RunningServer): Promise<Outcome> => {
  const control = await Connection.open(server.port)
  await control.ask('DEBUG', 'POPULATE', String(KEYS), 'key', String(VALUE_BYTES))
  await delay(1000)
  const idle = await Probe.start(server.port)
  await delay(2000)
  const longestIdleMs = await idle.end()
  const probe = await Probe.start(server.port)
  const startedAt = performance.now()
  await control.ask('BGSAVE')
  while ((await control.ask('INFO', 'persistence')).includes('rdb_bgsave_in_progress:1')) await delay(20)
  const saveMs = performance.now() - startedAt
  const longestMs = await probe.end()
  control.close()
  return { saveMs, longestMs, longestIdleMs }
}

/** Sends PING again and again, and remembers the longest wait. */
class Probe {
  #longestMs = 0
  #isEnding = false
  readonly #connection: Connection
  readonly #done: Promise<void>

  private constructor(connection: Connection) {
    this.#connection = connection
    this.#done = this.#run()
  }

  static async start(port: number): Promise<Probe> {
    return new Probe(await Connection.open(port))
  }

  async end(): Promise<number> {
    this.#isEnding = true
    await this.#done
    this.#connection.close()
    return this.#longestMs
  }

  async #run(): Promise<void> {
    while (!this.#isEnding) {
      const startedAt = performance.now()
      await this.#connection.ask('PING')
      this.#longestMs = Math.max(this.#longestMs, performance.now() - startedAt)
      await delay(PROBE_MS)
    }
  }
}

/** One command at a time, and the text of its answer. */
class Connection {
  readonly #socket: Socket
  #answer: (text: string) => void = () => {}
  #received = ''

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.setNoDelay(true)
    socket.setEncoding('latin1')
    socket.on('data', (text: string) => {
      this.#received += text
      if (!isComplete(this.#received)) return
      const answer = this.#received
      this.#received = ''
      this.#answer(answer)
    })
  }

  static open(port: number): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1' })
      socket.once('error', reject)
      socket.once('connect', () => resolve(new Connection(socket)))
    })
  }

  ask(...words: readonly string[]): Promise<string> {
    return new Promise((resolve) => {
      this.#answer = resolve
      this.#socket.write(`*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`)
    })
  }

  close(): void {
    this.#socket.destroy()
  }
}

const isComplete = (answer: string): boolean => {
  const size = /^\$(\d+)\r\n/.exec(answer)
  return size === null ? answer.endsWith('\r\n') : answer.length >= size[0].length + Number(size[1]) + 2
}
