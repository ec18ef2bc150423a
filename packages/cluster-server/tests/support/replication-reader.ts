import { createConnection, type Socket } from 'node:net'

const HEADER_END = '\r\n'

/** Reads a server's stream to its replicas, as one of them that sent SYNC. */
export class ReplicationReader {
  readonly #socket: Socket
  #received = ''
  #commands: string[][] = []
  #copyLength: number | null = null
  /** The RDB file that the stream began with, in latin1. */
  copy = ''
  #advanced: () => void = () => {}

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.setEncoding('latin1')
    socket.on('data', (chunk: string) => {
      this.#received += chunk
      this.#parse()
      this.#advanced()
    })
    socket.on('close', () => this.#advanced())
  }

  /** Resolves when the copy has arrived and the stream begins. */
  static async attach(port: number): Promise<ReplicationReader> {
    const socket = createConnection({ port, host: '127.0.0.1' })
    const reader = new ReplicationReader(socket)
    socket.write('SYNC\r\n')
    await reader.#until(() => reader.#copyLength !== null && reader.copy.length === reader.#copyLength)
    return reader
  }

  /** The commands up to the one that satisfies `isLast`, which is taken out as well; without PING. */
  async readUntil(isLast: (argv: readonly string[]) => boolean): Promise<string[][]> {
    let end = -1
    await this.#until(() => {
      end = this.#commands.findIndex(isLast)
      return end >= 0
    })
    const read = this.#commands.slice(0, end)
    this.#commands = this.#commands.slice(end + 1)
    return read
  }

  close(): void {
    this.#socket.destroy()
  }

  async #until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      if (this.#socket.destroyed) throw new Error(`the stream ended: ${this.#received.slice(0, 200)}`)
      await new Promise<void>((resolve) => {
        this.#advanced = resolve
      })
    }
  }

  #parse(): void {
    if (this.#copyLength === null) {
      // Redis sends empty lines while it prepares the copy.
      this.#received = this.#received.replace(/^\n+/, '')
      const header = /^\$(\d+)\r\n/.exec(this.#received)
      if (header === null) {
        if (this.#received.startsWith('-')) this.#socket.destroy()
        return
      }
      this.#copyLength = Number(header[1])
      this.#received = this.#received.slice(header[0].length)
    }
    const missing = this.#copyLength - this.copy.length
    this.copy += this.#received.slice(0, missing)
    this.#received = this.#received.slice(missing)
    let start = 0
    for (let next = commandAt(this.#received, start); next !== undefined; next = commandAt(this.#received, start)) {
      if (next.argv[0]?.toUpperCase() !== 'PING') this.#commands.push(next.argv)
      start = next.end
    }
    this.#received = this.#received.slice(start)
  }
}

/** The command that begins at `start`, and where it ends; undefined while it is incomplete. */
const commandAt = (text: string, start: number): { readonly argv: string[]; readonly end: number } | undefined => {
  let lineEnd = text.indexOf(HEADER_END, start)
  if (lineEnd === -1) return undefined
  const count = Number(text.slice(start + 1, lineEnd))
  const argv: string[] = []
  let position = lineEnd + 2
  while (argv.length < count) {
    lineEnd = text.indexOf(HEADER_END, position)
    if (lineEnd === -1) return undefined
    const word = lineEnd + 2
    const end = word + Number(text.slice(position + 1, lineEnd))
    if (text.length < end + 2) return undefined
    argv.push(text.slice(word, end))
    position = end + 2
  }
  return { argv, end: position }
}
