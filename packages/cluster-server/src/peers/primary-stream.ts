import type { Effect } from '../commands/replication-state.js'
import { CommandDecoder } from '../resp/command-decoder.js'

/** What a piece of a primary's stream asks for, in order. */
export type StreamStep =
  | { readonly type: 'apply'; readonly effects: readonly Effect[] }
  | { readonly type: 'acknowledge' }
  /** All before this point was applied; `text` is it as it came, for the replicas of this replica. */
  | { readonly type: 'passOn'; readonly text: string }

/** Where a stream begins. */
export interface StreamStart {
  readonly offset: number
  readonly databaseIndex: number
}

/**
 * Reads a primary's stream of commands. Commands that arrive together are applied together, and a transaction always is;
 * `offset` is that of the last command which was read to its end outside of a transaction.
 */
export class PrimaryStream {
  readonly #decoder = new CommandDecoder({ maxBulkBytes: Number.MAX_SAFE_INTEGER, authenticated: true })
  #databaseIndex: number
  #received: number
  #transaction: Effect[] | null = null
  #effects: Effect[] = []
  #offset: number
  /** What was received and not passed on yet. */
  #raw: Buffer = Buffer.alloc(0)

  constructor({ offset, databaseIndex }: StreamStart) {
    this.#offset = this.#received = offset
    this.#databaseIndex = databaseIndex
  }

  /** Bytes of the stream that were read to the end of a command or transaction. */
  get offset(): number {
    return this.#offset
  }

  /** Bytes of the stream that were pushed. */
  get received(): number {
    return this.#received
  }

  /** The database that the stream is at. */
  get databaseIndex(): number {
    return this.#databaseIndex
  }

  push(chunk: Buffer): void {
    this.#received += chunk.length
    this.#raw = this.#raw.length === 0 ? chunk : Buffer.concat([this.#raw, chunk])
    this.#decoder.push(chunk)
  }

  /**
   * The steps that the bytes pushed so far ask for.
   * @throws ProtocolError when the bytes are no stream of commands
   */
  *steps(): Generator<StreamStep> {
    const offsetBefore = this.#offset
    for (let argv = this.#decoder.next(); argv !== undefined; argv = this.#decoder.next()) {
      const step = this.#read(argv)
      if (step !== undefined && this.#effects.length > 0) yield this.#takeEffects()
      if (this.#transaction === null) this.#offset = this.#received - this.#decoder.bufferedBytes
      if (step !== undefined) yield step
    }
    if (this.#effects.length > 0) yield this.#takeEffects()
    const applied = this.#offset - offsetBefore
    if (applied === 0) return
    const text = this.#raw.toString('latin1', 0, applied)
    this.#raw = this.#raw.subarray(applied)
    yield { type: 'passOn', text }
  }

  #takeEffects(): StreamStep {
    const effects = this.#effects
    this.#effects = []
    return { type: 'apply', effects }
  }

  #read(argv: readonly string[]): StreamStep | undefined {
    switch (argv[0]?.toUpperCase()) {
      case 'SELECT':
        this.#databaseIndex = Number(argv[1])
        return undefined
      case 'PING':
        return undefined
      case 'MULTI':
        this.#transaction = []
        return undefined
      case 'EXEC':
        this.#effects.push(...(this.#transaction ?? []))
        this.#transaction = null
        return undefined
      case 'REPLCONF':
        return argv[1]?.toUpperCase() === 'GETACK' ? { type: 'acknowledge' } : undefined
      default:
        ;(this.#transaction ?? this.#effects).push({ databaseIndex: this.#databaseIndex, argv })
        return undefined
    }
  }
}
