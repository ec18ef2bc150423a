import { encodeCommand } from './effect-encoder.js'

/** What a replica tells its primary before the stream begins. */
export interface HandshakeOptions {
  /** The replica's own port. */
  readonly port: number
  /** Empty: no login. */
  readonly password: string
  /** Empty: the default user. */
  readonly userName: string
}

/** The capability by which nodes of this kind know each other: the stream is none of Redis' own. */
export const STREAM_CAPABILITY = 'activeredis-effects'

/** How far a handshake is. `rest` is what follows it in the bytes received so far. */
export type HandshakeProgress =
  | { readonly type: 'waiting' }
  | { readonly type: 'refused'; readonly answer: string }
  | { readonly type: 'complete'; readonly replicationId: string; readonly rest: Buffer }

const MAX_ANSWER_BYTES = 64 * 1024

/** A replica's part of the handshake: sends all at once, and reads one line for each command. */
export class PrimaryHandshake {
  readonly #commands: readonly (readonly string[])[]
  #answered = 0
  #received: Buffer = Buffer.alloc(0)

  constructor({ port, password, userName }: HandshakeOptions) {
    const login = password === '' ? [] : [userName === '' ? ['AUTH', password] : ['AUTH', userName, password]]
    this.#commands = [
      ...login,
      ['REPLCONF', 'listening-port', String(port), 'capa', STREAM_CAPABILITY],
      ['PSYNC', '?', '-1'],
    ]
  }

  get request(): string {
    return this.#commands.map(encodeCommand).join('')
  }

  push(chunk: Buffer): HandshakeProgress {
    this.#received = Buffer.concat([this.#received, chunk])
    for (;;) {
      const end = this.#received.indexOf('\n')
      if (end === -1) break
      const line = this.#received.toString('latin1', 0, end).trimEnd()
      this.#received = this.#received.subarray(end + 1)
      const isLast = this.#answered === this.#commands.length - 1
      if (!(isLast ? line.startsWith('+FULLRESYNC ') : line === '+OK')) return { type: 'refused', answer: line }
      this.#answered++
      if (isLast) return { type: 'complete', replicationId: line.split(' ')[1] ?? '', rest: this.#received }
    }
    if (this.#received.length > MAX_ANSWER_BYTES) return { type: 'refused', answer: 'an answer without an end' }
    return { type: 'waiting' }
  }
}
