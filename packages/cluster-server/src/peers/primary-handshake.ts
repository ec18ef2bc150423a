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
  /** The words of PSYNC; asked for when it is time to send it. */
  readonly request: () => readonly string[]
}

/** How far a handshake is. `rest` is what follows it in the bytes received so far. */
export type HandshakeProgress =
  | { readonly type: 'waiting'; readonly request: string }
  /** To be tried again later. `isAnswer`: the answer to PSYNC itself. */
  | { readonly type: 'refused'; readonly complaint: string; readonly isAnswer: boolean }
  /** Such a primary may know the older SYNC. */
  | { readonly type: 'unsupported'; readonly complaint: string }
  | { readonly type: 'full'; readonly replicationId: string; readonly offset: number; readonly rest: Buffer }
  /** The stream goes on. `replicationId` is null when the primary does not say under which name. */
  | { readonly type: 'continued'; readonly replicationId: string | null; readonly rest: Buffer }

interface Step {
  readonly argv: () => readonly string[]
  /** What the log says before the answer that is not accepted. */
  readonly complaint: (line: string) => string
  readonly accepts: (line: string) => boolean
}

const MAX_ANSWER_BYTES = 64 * 1024

const isOk = (line: string): boolean => line.startsWith('+')
/** A primary that asks for a login or a permission is alive, too. */
const isAlive = (line: string): boolean => /^(\+|-NOAUTH|-NOPERM|-ERR operation not permitted)/.test(line)
/** What an old primary does not know is passed over. */
const isAnswer = (): boolean => true
const told = (line: string): string => `The primary answered: ${line}`

/** A replica's part of the handshake, as Redis does it: one command after the other, and one line for each. */
export class PrimaryHandshake {
  readonly #steps: readonly Step[]
  readonly #request: () => readonly string[]
  #answered = 0
  #received: Buffer = Buffer.alloc(0)

  constructor({ port, address, password, userName, request }: HandshakeOptions) {
    const login = userName === '' ? ['AUTH', password] : ['AUTH', userName, password]
    const simple = (...argv: string[]): Step => ({ argv: () => argv, accepts: isAnswer, complaint: told })
    this.#request = request
    this.#steps = [
      {
        argv: () => ['PING'],
        accepts: isAlive,
        complaint: (line) => `Error reply to PING from master: '${line}'`,
      },
      ...(password === ''
        ? []
        : [{ argv: () => login, accepts: isOk, complaint: (line: string) => `Unable to AUTH to MASTER: ${line}` }]),
      simple('REPLCONF', 'listening-port', String(port)),
      ...(address === '' ? [] : [simple('REPLCONF', 'ip-address', address)]),
      simple('REPLCONF', 'capa', 'eof', 'capa', 'psync2'),
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
      if (step === undefined) return this.#conclude(line)
      if (!step.accepts(line)) return { type: 'refused', complaint: step.complaint(line), isAnswer: false }
      request += this.#requestOf(++this.#answered)
    }
    if (this.#received.length > MAX_ANSWER_BYTES)
      return { type: 'refused', complaint: told('an answer without an end'), isAnswer: false }
    return { type: 'waiting', request }
  }

  #conclude(line: string): HandshakeProgress {
    const rest = this.#received
    const [word, id = '', offset = ''] = line.split(' ')
    if (word === '+FULLRESYNC') {
      if (id.length === 40 && /^-?\d+$/.test(offset)) {
        return { type: 'full', replicationId: id, offset: Number(offset), rest }
      }
      return { type: 'refused', complaint: 'Master replied with wrong +FULLRESYNC syntax.', isAnswer: true }
    }
    if (word === '+CONTINUE') return { type: 'continued', replicationId: id.length === 40 ? id : null, rest }
    if (/^-(NOMASTERLINK|LOADING)/.test(line)) {
      const complaint = `Master is currently unable to PSYNC but should be in the future: ${line}`
      return { type: 'refused', complaint, isAnswer: true }
    }
    const complaint = line.startsWith('-ERR')
      ? `Master does not support PSYNC or is in error state (reply: ${line})`
      : `Unexpected reply to PSYNC from master: ${line}`
    return { type: 'unsupported', complaint }
  }

  #requestOf(index: number): string {
    const step = this.#steps[index]
    return encodeCommand(step === undefined ? this.#request() : step.argv())
  }
}
