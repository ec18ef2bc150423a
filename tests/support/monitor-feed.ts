import { connect, type Socket } from 'node:net'

/** A command that a server ran, as MONITOR tells it. */
export interface MonitoredCommand {
  /** Address of the client, `lua` for a command of a script; the embedded server leaves a primary's commands to its replica without. */
  readonly source: string
  readonly argv: readonly string[]
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', a: '\x07', b: '\b' }

/**
 * What a server runs, read from a connection in MONITOR. A reader of its own: on a busy server the first commands arrive
 * in one piece with the answer to MONITOR itself, and ioredis' `monitor()` takes those for answers that nobody asked for.
 */
export class MonitorFeed {
  readonly #socket: Socket

  /** Resolves when the server has answered: from then on no command is missed. */
  static async open(
    address: { readonly host: string; readonly port: number },
    onCommand: (command: MonitoredCommand) => void,
  ): Promise<MonitorFeed> {
    const socket = connect(address.port, address.host)
    await new Promise<void>((resolve, reject) => {
      let pending = ''
      let isOpen = false
      socket.setEncoding('latin1')
      socket.on('data', (chunk: string) => {
        const lines = (pending + chunk).split('\r\n')
        pending = lines.pop() ?? ''
        for (const line of lines) {
          if (isOpen) onCommand(parseMonitorLine(line))
          else if (line === '+OK') isOpen = true
          else reject(new Error(`MONITOR was answered with ${line}`))
        }
        if (isOpen) resolve()
      })
      socket.once('error', reject)
      socket.once('close', () => reject(new Error('the server closed the connection before it answered MONITOR')))
      socket.write('*1\r\n$7\r\nMONITOR\r\n')
    })
    socket.on('error', () => {})
    return new MonitorFeed(socket)
  }

  private constructor(socket: Socket) {
    this.#socket = socket
  }

  close(): void {
    this.#socket.destroy()
  }
}

/** Reads `+1700000000.000001 [0 127.0.0.1:6379] "SET" "a\x00b" "1"`; arguments as text of their UTF-8 bytes. */
export function parseMonitorLine(line: string): MonitoredCommand {
  const [, source, quoted] = /^\+\d+\.\d+ \[\d+ (.*?)\] (".*")$/.exec(line) ?? []
  if (source === undefined || quoted === undefined) throw new Error(`not a line of MONITOR: ${line}`)
  const argv = [...quoted.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, text = '']) => unescaped(text))
  return { source, argv }
}

function unescaped(text: string): string {
  if (!text.includes('\\')) return text
  const bytes = text.replace(/\\(?:x([0-9a-f]{2})|(.))/g, (_, hex: string | undefined, character: string) =>
    hex === undefined ? (ESCAPES[character] ?? character) : String.fromCharCode(Number.parseInt(hex, 16)),
  )
  return Buffer.from(bytes, 'latin1').toString('utf8')
}
