import { createServer, type Server, type Socket } from 'node:net'

/** Answers one command with raw RESP: `+OK\r\n`, `-LOADING …\r\n`; null for no answer. The name is in upper case. */
export type CommandScript = (argv: readonly string[]) => string | null

/** A loopback server that answers each command as a test says, to produce replies that a real one gives only in passing. */
export class ScriptedServer {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  /** All commands received, in order, each as one line. */
  readonly received: string[] = []

  static async open(script: CommandScript): Promise<ScriptedServer> {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return new ScriptedServer(server, script)
  }

  private constructor(server: Server, script: CommandScript) {
    this.#server = server
    server.on('connection', (socket) => {
      this.#sockets.add(socket)
      socket.on('close', () => this.#sockets.delete(socket))
      socket.on('error', () => {})
      let pending = ''
      socket.setEncoding('latin1')
      socket.on('data', (chunk: string) => {
        pending += chunk
        for (let parsed = parse(pending); parsed !== null; parsed = parse(pending)) {
          pending = pending.slice(parsed.length)
          const [name = '', ...args] = parsed.argv
          const argv = [name.toUpperCase(), ...args]
          this.received.push(argv.join(' '))
          const reply = argv[0] === 'CLIENT' ? '+OK\r\n' : script(argv)
          if (reply !== null) socket.write(reply, 'latin1')
        }
      })
    })
  }

  get address(): string {
    return `127.0.0.1:${this.port}`
  }

  get port(): number {
    const address = this.#server.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  }

  /** Commands received under a name. */
  count(name: string): number {
    return this.received.filter((line) => line.split(' ')[0] === name).length
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
  }
}

/** Raw RESP of a bulk string. */
export const bulk = (text: string): string => `$${Buffer.byteLength(text)}\r\n${text}\r\n`

/** Raw RESP of `CLUSTER SLOTS`; each entry is [from, to, host, port]. */
export const slotsReply = (ranges: readonly (readonly [number, number, string, number])[]): string =>
  `*${ranges.length}\r\n${ranges
    .map(
      ([from, to, host, port]) => `*3\r\n:${from}\r\n:${to}\r\n*3\r\n${bulk(host)}:${port}\r\n${bulk('a'.repeat(40))}`,
    )
    .join('')}`

const parse = (text: string): { argv: readonly string[]; length: number } | null => {
  const header = /^\*(\d+)\r\n/.exec(text)
  if (header === null) return null
  let offset = header[0].length
  const argv: string[] = []
  for (let index = 0; index < Number(header[1]); index += 1) {
    const length = /^\$(\d+)\r\n/.exec(text.slice(offset, offset + 32))
    if (length === null) return null
    const start = offset + length[0].length
    const end = start + Number(length[1])
    if (text.length < end + 2) return null
    argv.push(text.slice(start, end))
    offset = end + 2
  }
  return { argv, length: offset }
}
