import type { Effect } from '../commands/replication-state.js'
import { CommandDecoder } from '../resp/command-decoder.js'

/** A piece of a primary's stream that is complete: it is applied as a whole. */
export interface StreamPiece {
  readonly effects: readonly Effect[]
  /** As it came, for the replicas of this replica. */
  readonly bytes: readonly Buffer[]
  /** Its last command asks how far the replica is. */
  readonly asksForAcknowledgement: boolean
}

/** Where a stream begins. */
export interface StreamStart {
  readonly offset: number
  readonly databaseIndex: number
}

/**
 * Reads a primary's stream of commands. Commands that arrive together are applied together, and a transaction always
 * is; `offset` is that behind the last piece that was handed out.
 */
export class PrimaryStream {
  readonly #decoder = new CommandDecoder({ maxBulkBytes: Number.MAX_SAFE_INTEGER, authenticated: true })
  /** Of the last command that was handed out, and of the last one that was read. */
  #databaseIndex: number
  #readDatabase: number
  #received: number
  #transaction: Effect[] | null = null
  #offset: number
  /** What was received and not handed out yet. */
  #chunks: Buffer[] = []

  constructor({ offset, databaseIndex }: StreamStart) {
    this.#offset = this.#received = offset
    this.#databaseIndex = this.#readDatabase = databaseIndex
  }

  /** Bytes of the stream that were handed out. */
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
    this.#chunks.push(chunk)
    this.#decoder.push(chunk)
  }

  /**
   * The next piece; undefined when nothing more is complete.
   * @throws ProtocolError when the bytes are no stream of commands
   */
  next(): StreamPiece | undefined {
    const effects: Effect[] = []
    let end = this.#offset
    let asksForAcknowledgement = false
    while (!asksForAcknowledgement) {
      const argv = this.#decoder.next()
      if (argv === undefined) break
      asksForAcknowledgement = this.#read(argv, effects)
      if (this.#transaction !== null) continue
      end = this.#received - this.#decoder.bufferedBytes
      this.#databaseIndex = this.#readDatabase
    }
    if (end === this.#offset) return undefined
    const bytes = this.#take(end - this.#offset)
    this.#offset = end
    return { effects, bytes, asksForAcknowledgement }
  }

  #take(length: number): Buffer[] {
    const taken: Buffer[] = []
    for (let missing = length; missing > 0; ) {
      const [chunk] = this.#chunks
      if (chunk === undefined) break
      if (chunk.length > missing) {
        taken.push(chunk.subarray(0, missing))
        this.#chunks[0] = chunk.subarray(missing)
        break
      }
      taken.push(chunk)
      this.#chunks.shift()
      missing -= chunk.length
    }
    return taken
  }

  /** @returns whether the command asks for an acknowledgement */
  #read(argv: readonly string[], effects: Effect[]): boolean {
    switch (argv[0]?.toUpperCase()) {
      case 'SELECT':
        this.#readDatabase = Number(argv[1])
        return false
      case 'PING':
        return false
      case 'MULTI':
        this.#transaction = []
        return false
      case 'EXEC':
        effects.push(...(this.#transaction ?? []))
        this.#transaction = null
        return false
      case 'REPLCONF':
        return argv[1]?.toUpperCase() === 'GETACK'
      default:
        ;(this.#transaction ?? effects).push({ databaseIndex: this.#readDatabase, argv })
        return false
    }
  }
}
