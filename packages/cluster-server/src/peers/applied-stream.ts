import { applyEffects } from './applied-effects.js'
import { PrimaryStream, type StreamPiece } from './primary-stream.js'
import type { HistoryPoint } from './replication-history.js'
import type { ReplicationHost } from './replication-host.js'

/** How soon a paused replica looks again whether it may go on. */
const HELD_BACK_MS = 20

/** What an applied stream needs of the link that it belongs to, and reports to it. */
export interface StreamLink {
  readonly host: ReplicationHost
  /** A part of the stream was applied. */
  passOn(bytes: Buffer): void
  /** The primary wants to know how far this node is. */
  acknowledge(): void
  /** A command could not be applied: the data are not those of the primary. */
  diverged(): void
  /** What came is no stream of commands, or could not be handed on. */
  failed(reason: string): void
}

/** The stream of a primary, applied to the data as it comes, or once CLIENT PAUSE is over. */
export class AppliedStream {
  readonly #link: StreamLink
  readonly #stream: PrimaryStream
  readonly #replicationId: string
  #isHeldBack = false
  #isClosed = false

  constructor(link: StreamLink, from: HistoryPoint) {
    this.#link = link
    this.#stream = new PrimaryStream(from)
    this.#replicationId = from.replicationId
  }

  /** Bytes that were applied. */
  get offset(): number {
    return this.#stream.offset
  }

  /** Bytes that arrived. */
  get received(): number {
    return this.#stream.received
  }

  /** Whether the primary counts it: what came with SYNC has no name under which it could be asked for again. */
  get isNamed(): boolean {
    return this.#replicationId !== ''
  }

  /** From where it could go on; null when nobody could ask for that. */
  get point(): HistoryPoint | null {
    if (!this.isNamed) return null
    const { offset, databaseIndex } = this.#stream
    return { replicationId: this.#replicationId, offset, databaseIndex }
  }

  /** Takes what arrived, and applies what is complete. */
  push(chunk: Buffer): void {
    this.#stream.push(chunk)
    this.#applySafely()
  }

  /** Nothing more is applied. */
  close(): void {
    this.#isClosed = true
  }

  /** What is wrong with the stream ends the link, whoever was to have it applied: the socket, a timer, the end of a copy. */
  #applySafely(): void {
    try {
      this.#apply()
    } catch (error) {
      this.#link.failed(error instanceof Error ? error.message : String(error))
    }
  }

  /** Applies what has arrived; CLIENT PAUSE holds it back, and it is looked at again until that is over. */
  #apply(): void {
    // Applying a piece may end the link.
    while (!this.#isClosed) {
      if (this.#link.host.isPaused()) {
        this.#retrySoon()
        return
      }
      const piece = this.#stream.next()
      if (piece === undefined) return
      this.#applyPiece(piece)
    }
  }

  #applyPiece({ effects, bytes, asksForAcknowledgement }: StreamPiece): void {
    const { host } = this.#link
    const isSame = effects.length === 0 || applyEffects(host, effects)
    // In this turn, whatever became of the link: data and offset never part.
    for (const chunk of bytes) this.#link.passOn(chunk)
    if (!isSame) {
      host.log('warning', 'A command of the primary could not be applied: all data are copied anew')
      this.#link.diverged()
    } else if (asksForAcknowledgement) this.#link.acknowledge()
  }

  #retrySoon(): void {
    if (this.#isHeldBack) return
    this.#isHeldBack = true
    const timer = setTimeout(() => {
      this.#isHeldBack = false
      this.#applySafely()
    }, HELD_BACK_MS)
    timer.unref()
  }
}
