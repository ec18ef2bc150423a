import type { ClientState } from '../commands/context.js'
import type { StreamRequest } from '../commands/replication-state.js'
import { NO_REPLY, OK, type Reply } from '../resp/reply.js'
import { type WireError, wireError } from '../wire-errors.js'
import { attachRefusal } from './attach-refusal.js'
import { CopyRounds } from './copy-rounds.js'
import type { OutgoingStream } from './outgoing-stream.js'
import { introduce, type ReplicaIntroduction, STRANGER } from './replica-introduction.js'
import type { ReplicaList } from './replica-list.js'
import { addressOf, nameOfReplica, ReplicaSession, type SessionOwner } from './replica-session.js'
import type { HistoryPoint } from './replication-history.js'
import type { ReplicationHost } from './replication-host.js'

const NOT_TO_A_PRIMARY = wireError("ERR PSYNC FAILOVER can't be sent to a master.")
const OTHER_HISTORY = wireError('ERR PSYNC FAILOVER replid must match my replid.')

/** What the admission needs of the replication that it belongs to. */
export interface AdmissionOwner {
  readonly host: ReplicationHost
  readonly replicas: ReplicaList
  readonly stream: OutgoingStream
  readonly isPrimary: boolean
  /** FAILOVER is under way. */
  readonly isFailingOver: boolean
  /** A replica that has no link to its primary. */
  readonly isCutOff: boolean
  /** Where the stream is; null while there is nothing that a copy could be the beginning of. */
  readonly savedPoint: HistoryPoint | null
  becomePrimary(): void
  /** There is one more replica, which nothing was sent to yet. */
  joined(): void
}

/** Lets replicas in: they introduce themselves, ask with PSYNC, and begin with a copy or go on where they were. */
export class ReplicaAdmission {
  readonly #owner: AdmissionOwner
  readonly #introductions = new WeakMap<ClientState, ReplicaIntroduction>()
  readonly #sessionOwner: SessionOwner
  readonly #rounds: CopyRounds

  constructor(owner: AdmissionOwner) {
    this.#owner = owner
    const { host, replicas, stream } = owner
    this.#sessionOwner = { host, left: (session) => this.#left(session) }
    this.#rounds = new CopyRounds({
      host,
      get sessions() {
        return replicas.all
      },
      get point() {
        return owner.savedPoint
      },
      forgetDatabase: () => {
        stream.forgetDatabase()
        replicas.sort()
      },
    })
  }

  /** REPLCONF from a client that introduces itself. */
  configure(client: ClientState, option: string, value: string): Reply {
    const { known, refusal } = introduce(this.#introductionOf(client), option, value)
    this.#introductions.set(client, known)
    return refusal ?? OK
  }

  /** As the log names a client that asks for the stream. */
  nameOf(client: ClientState): string {
    const introduction = this.#introductionOf(client)
    return nameOfReplica(introduction.host || addressOf(client), introduction)
  }

  /** SYNC or PSYNC: from now on the client is a replica, unless it is refused. */
  attach(client: ClientState, request: StreamRequest): Reply {
    const { host, replicas } = this.#owner
    if (client.isReplica || client.isMonitor) return NO_REPLY
    const fault = request.type === 'psync' && request.takesOver ? this.#takeOver(client, request.replicationId) : null
    if (fault !== null) return fault
    const introduction = this.#introductionOf(client)
    // Not before: the role may just have changed.
    const { isFailingOver, isCutOff } = this.#owner
    const refusal = attachRefusal({ isFailingOver, isCutOff }, client, introduction)
    if (refusal !== null || client.link === null) return refusal ?? NO_REPLY
    host.log('notice', `Replica ${this.nameOf(client)} asks for synchronization`)
    client.isReplica = true
    const session = new ReplicaSession(this.#sessionOwner, client, client.link, introduction, request.type === 'sync')
    // The connection may have gone while this command waited its turn.
    if (session.isClosed) return NO_REPLY
    replicas.add(client.id, session)
    this.#owner.joined()
    if (request.type === 'sync' || !this.#resume(session, request.replicationId, request.offset)) this.#copyTo(session)
    replicas.sort()
    return NO_REPLY
  }

  /** Begins copies that are due; to be called every second. */
  tick(): void {
    this.#rounds.tick()
  }

  /** PSYNC FAILOVER: the primary wants to be a replica of this node. @returns why it may not; null when it may */
  #takeOver(client: ClientState, replicationId: string): WireError | null {
    const { host, stream } = this.#owner
    host.log('notice', `Failover request received for replid ${replicationId}.`)
    if (this.#owner.isPrimary) return NOT_TO_A_PRIMARY
    if (replicationId.toLowerCase() !== stream.history.id) return OTHER_HISTORY
    this.#owner.becomePrimary()
    host.log('notice', `MASTER MODE enabled (failover request from '${host.describe(client)}')`)
    return null
  }

  #left(session: ReplicaSession): void {
    const { host, replicas, stream } = this.#owner
    replicas.remove(session)
    this.#rounds.left(session)
    if (replicas.size === 0) stream.noteAlone()
    // Whoever is in WAIT has one less to count on.
    host.retryWaiting()
  }

  /** Has a replica go on where it was cut off. @returns false when that is not possible */
  #resume(session: ReplicaSession, replicationId: string, offset: number): boolean {
    const { host, stream } = this.#owner
    const { history } = stream
    const refusal = history.refusal(replicationId, offset, session.name)
    const { backlog } = history
    if (refusal !== null || backlog === null) {
      host.log('notice', refusal ?? '')
      if (refusal?.startsWith('Unable') && offset > history.offset) {
        host.log(
          'warning',
          `Warning: replica ${session.name} tried to PSYNC with an offset that is greater than the master replication offset.`,
        )
      }
      if (!replicationId.startsWith('?')) host.count('refusedResync')
      return false
    }
    const bytes = history.offset + 1 - offset
    session.resume(history.id, backlog.since(offset))
    host.log(
      'notice',
      `Partial resynchronization request from ${session.name} accepted. Sending ${bytes} bytes of backlog starting from offset ${offset}.`,
    )
    host.count('partialResync')
    return true
  }

  #copyTo(session: ReplicaSession): void {
    const { host, stream } = this.#owner
    const { history } = stream
    host.count('fullResync')
    if (history.backlog === null) {
      // What happened before is in no backlog: nobody may go on from it.
      history.beginAnew()
      stream.keep()
      host.log(
        'notice',
        `Replication backlog created, my new replication IDs are '${history.id}' and '${history.secondId}'`,
      )
      if (this.#owner.isPrimary) stream.listen()
    }
    this.#rounds.join(session)
  }

  #introductionOf(client: ClientState): ReplicaIntroduction {
    return this.#introductions.get(client) ?? STRANGER
  }
}
