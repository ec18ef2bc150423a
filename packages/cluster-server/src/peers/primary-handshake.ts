import { encodeCommand } from './effect-encoder.js'

/** What a replica tells its primary before the stream begins. */
export interface HandshakeOptions {
  /** The port under which the replica is listed. */
  readonly port: number
  /** The address under which the replica is listed; empty: the one that it connects from. */
  readonly address: string
  /** Empty: no login. */
  readonly password: string
  /** Empty: the default user. */
  readonly userName: string
}

/** How far a handshake is. `rest` is what follows it in the bytes received so far. */
export type HandshakeProgress =
  | { readonly type: 'waiting'; readonly request: string }
  | { readonly type: 'refused'; readonly complaint: string }
  | { readonly type: 'complete'; readonly replicationId: string; readonly offset: number; readonly rest: Buffer }

interface Step {
  readonly argv: readonly string[]
  /** What the log says before the answer that is not accepted; default: that the primary gave it. */
  readonly complaint?: string
  readonly accepts: (line: string) => boolean
}

const MAX_ANSWER_BYTES = 64 * 1024

const isOk = (line: string): boolean => line === '+OK'
/** A primary that asks for a login or a permission is alive, too. */
const isAlive = (line: string): boolean => /^(\+|-NOAUTH|-NOPERM|-ERR operation not permitted)/.test(line)
/** What an old primary does not know is passed over. */
const isAnswer = (): boolean => true

/** A replica's part of the handshake, as Redis does it: one command after the other, and one line for each. */
export class PrimaryHandshake {
  readonly #steps: readonly Step[]
  #answered = 0
  #received: Buffer = Buffer.alloc(0)

  constructor({ port, address, password, userName }: HandshakeOptions) {
    const login = userName === '' ? ['AUTH', password] : ['AUTH', userName, password]
    this.#steps = [
      { argv: ['PING'], accepts: isAlive },
      ...(password === '' ? [] : [{ argv: login, accepts: isOk, complaint: 'Unable to AUTH to MASTER' }]),
      { argv: ['REPLCONF', 'listening-port', String(port)], accepts: isAnswer },
      ...(address === '' ? [] : [{ argv: ['REPLCONF', 'ip-address', address], accepts: isAnswer }]),
      { argv: ['REPLCONF', 'capa', 'eof', 'capa', 'psync2'], accepts: isAnswer },
      { argv: ['PSYNC', '?', '-1'], accepts: (line) => /^\+FULLRESYNC \S+ \d+$/.test(line) },
    ]
  }

  /** What is sent first. */
  get request(): string {
    return this.#requestOf(0)
  }

  push(chunk: Buffer): HandshakeProgress {
    this.#received = Buffer.concat([this.#received, chunk])
    let request = ''
    for (;;) {
      const end = this.#received.indexOf('\n')
      if (end === -1) break
      const line = this.#received.toString('latin1', 0, end).trimEnd()
      this.#received = this.#received.subarray(end + 1)
      // A primary that prepares the copy sends empty lines, to show that it is alive.
      if (line === '') continue
      const step = this.#steps[this.#answered]
      if (step?.accepts(line) !== true) {
        return { type: 'refused', complaint: `${step?.complaint ?? 'the primary answered'}: ${line}` }
      }
      this.#answered++
      if (this.#answered === this.#steps.length) {
        const [, replicationId = '', offset] = line.split(' ')
        return { type: 'complete', replicationId, offset: Number(offset), rest: this.#received }
      }
      request += this.#requestOf(this.#answered)
    }
    if (this.#received.length > MAX_ANSWER_BYTES)
      return { type: 'refused', complaint: 'the primary answered: an answer without an end' }
    return { type: 'waiting', request }
  }

  #requestOf(index: number): string {
    const step = this.#steps[index]
    return step === undefined ? '' : encodeCommand(step.argv)
  }
}
