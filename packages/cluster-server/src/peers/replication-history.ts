import { createNodeId } from '../cluster/node-id.js'
import { ReplicationBacklog } from './replication-backlog.js'

/** The id of a history that does not exist. */
export const NO_HISTORY = '0'.repeat(40)

/** A point of a history, from which a stream goes on. */
export interface HistoryPoint {
  readonly replicationId: string
  readonly offset: number
  /** The database that the stream is at. */
  readonly databaseIndex: number
}

/**
 * The history of a node's data: a random id, and how many bytes of its stream there are so far. A node that takes over
 * from its primary begins a history of its own; up to where it did so, the one before, `secondId`, is the same.
 */
export class ReplicationHistory {
  #id = createNodeId()
  #offset = 0
  #secondId = NO_HISTORY
  #secondOffset = -1
  #backlog: ReplicationBacklog | null = null

  get id(): string {
    return this.#id
  }

  /** Bytes of the stream so far. */
  get offset(): number {
    return this.#offset
  }

  get secondId(): string {
    return this.#secondId
  }

  /** The first offset that does not belong to the second history; -1 without one. */
  get secondOffset(): number {
    return this.#secondOffset
  }

  get backlog(): ReplicationBacklog | null {
    return this.#backlog
  }

  /** Adds to the stream; nothing is counted without a backlog, as whoever joins gets a copy then. */
  append(piece: string | Buffer): void {
    if (this.#backlog === null) return
    this.#offset += piece.length
    this.#backlog.append(piece)
  }

  createBacklog(sizeBytes: number): void {
    this.#backlog ??= new ReplicationBacklog(sizeBytes, this.#offset + 1)
  }

  freeBacklog(): void {
    this.#backlog = null
  }

  /** Another id, under which nobody can go on with what it has. */
  changeId(): void {
    this.#id = createNodeId()
  }

  /** A history that has nothing to do with any other one. */
  beginAnew(): void {
    this.changeId()
    this.#clearSecond()
  }

  /** A history of its own, which goes on from here. */
  shift(): void {
    this.#secondId = this.#id
    this.#secondOffset = this.#offset + 1
    this.changeId()
  }

  /** The history of a primary of which a complete copy was made. */
  adopt(id: string, offset: number): void {
    this.#id = id
    this.#offset = offset
    this.#clearSecond()
  }

  /** The primary has begun a history of its own, which goes on from what this node has. `oldId`: the one before. */
  continueAs(id: string, oldId: string): void {
    this.#secondId = oldId
    this.#secondOffset = this.#offset + 1
    this.#id = id
  }

  /** What a file says of the data of a primary: its replicas can go on from there. */
  resume(id: string, offset: number): void {
    this.#secondId = id
    this.#secondOffset = offset + 1
    this.#offset += offset
    this.#backlog?.rebase(this.#offset - this.#backlog.length + 1)
  }

  /** Why a stream cannot go on with the byte at `offset` of the history `id`, as the log says it; null when it can. */
  refusal(id: string, offset: number, replica: string): string | null {
    const asked = id.toLowerCase()
    const isSecond = asked === this.#secondId
    if (asked !== this.#id && (!isSecond || offset > this.#secondOffset)) {
      if (id.startsWith('?')) return `Full resync requested by replica ${replica}`
      return isSecond
        ? `Partial resynchronization not accepted: Requested offset for second ID was ${offset}, but I can reply up to ${this.#secondOffset}`
        : `Partial resynchronization not accepted: Replication ID mismatch (Replica asked for '${id}', my replication IDs are '${this.#id}' and '${this.#secondId}')`
    }
    if (this.#backlog?.reaches(offset)) return null
    return `Unable to partial resync with replica ${replica} for lack of backlog (Replica request was: ${offset}).`
  }

  #clearSecond(): void {
    this.#secondId = NO_HISTORY
    this.#secondOffset = -1
  }
}
