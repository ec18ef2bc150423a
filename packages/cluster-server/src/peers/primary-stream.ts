import type { Effect } from '../commands/replication-state.js'
import { CommandDecoder } from '../resp/command-decoder.js'

/** What a piece of a primary's stream asks for, in order. */
export type StreamStep =
  | { readonly type: 'apply'; readonly effects: readonly Effect[] }
  /** The first copy is complete; what follows is counted from `offset`. */
  | { readonly type: 'synced'; readonly replicationId: string; readonly offset: number }
  | { readonly type: 'acknowledge' }

/**
 * Reads a primary's stream of commands. Commands that arrive together are applied together, and a transaction always is;
 * `offset` is that of the last command which was read to its end outside of a transaction.
 */
export class PrimaryStream {
  readonly #decoder = new CommandDecoder({ maxBulkBytes: Number.MAX_SAFE_INTEGER, authenticated: true })
  #databaseIndex = 0
  #received = 0
  /** What is added to the position in the received bytes to get an offset; null before the first copy is complete. */
  #base: number | null = null
  #transaction: Effect[] | null = null
  #effects: Effect[] = []
  #offset = 0

  /** Bytes of the stream that were read to the end of a command or transaction; 0 before the first copy is complete. */
  get offset(): number {
    return this.#offset
  }

  push(chunk: Buffer): void {
    this.#received += chunk.length
    this.#decoder.push(chunk)
  }

  /**
   * The steps that the bytes pushed so far ask for.
   * @throws ProtocolError when the bytes are no stream of commands
   */
  *steps(): Generator<StreamStep> {
    for (let argv = this.#decoder.next(); argv !== undefined; argv = this.#decoder.next()) {
      const step = this.#read(argv)
      const position = this.#received - this.#decoder.bufferedBytes
      if (step !== undefined) {
        if (this.#effects.length > 0) yield this.#takeEffects()
        if (step.type === 'synced') this.#base = step.offset - position
      }
      if (this.#base !== null && this.#transaction === null) this.#offset = this.#base + position
      if (step !== undefined) yield step
    }
    if (this.#effects.length > 0) yield this.#takeEffects()
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
        return this.#readControl(argv)
      default:
        ;(this.#transaction ?? this.#effects).push({ databaseIndex: this.#databaseIndex, argv })
        return undefined
    }
  }

  #readControl(argv: readonly string[]): StreamStep | undefined {
    switch (argv[1]?.toUpperCase()) {
      case 'GETACK':
        return { type: 'acknowledge' }
      case 'SYNCED':
        return { type: 'synced', replicationId: argv[2] ?? '', offset: Number(argv[3]) }
      default:
        return undefined
    }
  }
}
