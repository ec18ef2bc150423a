import { createConnection } from 'node:net'

/** What a server sent, and whether it closed the connection by itself. */
export interface Exchange {
  readonly text: string
  readonly closed: boolean
}

const MARK = '$8\r\nend-mark\r\n'

/**
 * Sends chunks over a connection of its own, each in a packet, then `ECHO end-mark`; collects all that comes back until
 * the mark, or until the server closes. A server that waits for the rest of a command takes the mark for it: name such
 * inputs with `isOpen`, and the connection is then closed from this side.
 */
export const exchange = (port: number, chunks: readonly (string | Buffer)[], isOpen = false): Promise<Exchange> =>
  new Promise((resolve, reject) => {
    const received: string[] = []
    let tail = ''
    let done = false
    const socket = createConnection({ port, host: '127.0.0.1', noDelay: true }, async () => {
      for (const chunk of chunks) {
        await new Promise<void>((sent) =>
          socket.write(typeof chunk === 'string' ? Buffer.from(chunk, 'latin1') : chunk, () => sent()),
        )
        await new Promise((turn) => setImmediate(turn))
      }
      if (isOpen) finish(false)
      else socket.write('*2\r\n$4\r\nECHO\r\n$8\r\nend-mark\r\n')
    })
    const finish = (closed: boolean): void => {
      if (done) return
      done = true
      socket.destroy()
      resolve({ text: received.join('').replace(MARK, ''), closed })
    }
    socket.setEncoding('latin1')
    socket.on('data', (chunk: string) => {
      received.push(chunk)
      tail = (tail + chunk).slice(-MARK.length)
      if (tail === MARK) finish(false)
    })
    socket.on('close', () => finish(true))
    // The server may have closed while this side still sent: what it said before counts.
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ECONNRESET' && error.code !== 'EPIPE') reject(error)
    })
  })
