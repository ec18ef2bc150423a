import type { TransferStatus } from '../commands/replication-state.js'
import { ArrivingCopy, type CopyHeader, CopyHeaderReader } from './arriving-copy.js'
import type { HistoryPoint } from './replication-history.js'
import type { CopyLoad, LoadMode, ReplicationHost } from './replication-host.js'

/** What a transfer needs of the link that it belongs to, and reports to it. */
export interface TransferLink {
  readonly host: ReplicationHost
  /** The history of the data of this node. */
  readonly replicationId: string
  /** Nothing more is taken from the connection until `resume`. */
  pause(): void
  resume(): void
  /** The data of this node are about to be replaced by the copy. */
  replacing(): void
  /** All is loaded; the stream goes on from `point`, with what came behind the copy. */
  loaded(point: HistoryPoint, rest: readonly Buffer[]): void
  failed(reason: string): void
}

type Stage =
  | { readonly type: 'announced'; readonly header: CopyHeaderReader }
  | { readonly type: 'arriving'; readonly copy: ArrivingCopy; load: CopyLoad | null; readonly mode: LoadMode }

/** A copy of all data that a primary sends: its announcement, its arrival, and its loading. It ends with `loaded`, `failed` or `close`. */
export class CopyTransfer {
  readonly #link: TransferLink
  readonly #replicationId: string
  readonly #offset: number
  #stage: Stage = { type: 'announced', header: new CopyHeaderReader() }
  /** What follows the copy. */
  readonly #rest: Buffer[] = []
  #isOver = false

  /**
   * @param replicationId of the history that goes on from the copy; empty when it has no name
   * @param offset where it goes on
   */
  constructor(link: TransferLink, replicationId: string, offset: number) {
    this.#link = link
    this.#replicationId = replicationId
    this.#offset = offset
  }

  /** Whether the loading has begun. */
  get isLoading(): boolean {
    return this.#stage.type === 'arriving' && this.#stage.load !== null
  }

  /** All is there, and is being loaded: no connection is needed for that. */
  get needsNoConnection(): boolean {
    const stage = this.#stage
    return stage.type === 'arriving' && stage.copy.isComplete && stage.load?.isUnderWay === true
  }

  get status(): Omit<TransferStatus, 'lastIoSeconds'> {
    const copy = this.#stage.type === 'arriving' ? this.#stage.copy : null
    return { totalBytes: copy === null ? -1 : (copy.sizeBytes ?? 0), readBytes: copy?.received ?? 0 }
  }

  /** Takes what arrived. @throws ProtocolError, and the system's error when it cannot be stored */
  push(chunk: Buffer): void {
    const stage = this.#stage
    if (stage.type === 'announced') {
      const announced = stage.header.push(chunk)
      if (announced === undefined) return
      this.#stage = this.#accept(announced.header)
      this.push(announced.rest)
      return
    }
    const { copy, mode } = stage
    const rest = copy.push(chunk)
    if (rest.length > 0) this.#rest.push(rest)
    if (stage.load !== null) stage.load.advance()
    else if (copy.isComplete || (mode !== 'disk' && copy.received > 0)) stage.load = this.#load(copy, mode)
    // The rest of the stream waits in the socket until all is loaded.
    const waits = copy.isComplete || stage.load?.wantsMore === false
    if (waits && !this.#isOver) this.#link.pause()
  }

  /** Nothing more will arrive: ends at once, and tells nobody. */
  close(): void {
    this.#isOver = true
    const stage = this.#stage
    if (stage.type !== 'arriving') return
    stage.copy.cut()
    stage.load?.abandon()
    stage.copy.close()
  }

  #accept(header: CopyHeader): Stage {
    const { host } = this.#link
    const mode = host.loadMode()
    const goal = mode === 'disk' ? 'to disk' : 'to parser'
    host.log(
      'notice',
      header.type === 'mark'
        ? `MASTER <-> REPLICA sync: receiving streamed RDB from master with EOF ${goal}`
        : `MASTER <-> REPLICA sync: receiving ${header.bytes} bytes from master ${goal}`,
    )
    const store = mode === 'disk' ? host.openStore() : null
    return { type: 'arriving', copy: new ArrivingCopy(header, store), load: null, mode }
  }

  #load(copy: ArrivingCopy, mode: LoadMode): CopyLoad {
    const link = this.#link
    const isAsync = mode === 'swap' && this.#replicationId === link.replicationId
    return link.host.loadCopy(copy, mode, isAsync, {
      replacing: () => link.replacing(),
      drained: () => {
        if (!this.#isOver && !copy.isComplete) link.resume()
      },
      done: (databaseIndex) => {
        if (this.#isOver) return
        this.#isOver = true
        link.loaded({ replicationId: this.#replicationId, offset: this.#offset, databaseIndex }, this.#rest)
      },
      failed: (reason) => {
        if (!this.#isOver) link.failed(reason)
      },
    })
  }
}
