import type { Reply } from '../resp/reply.js'
import type { ClientState } from './context.js'

/** One command as replicas receive it: the effect of what ran, without relative times or randomness. */
export interface Effect {
  readonly databaseIndex: number
  readonly argv: readonly string[]
  /** Only these get it; everybody without it. */
  readonly targets?: number
}

/** The bits of `redis.set_repl`. */
export const EFFECT_TARGETS = { log: 1, replicas: 2, all: 3 } as const

/** A replica of this node, as INFO, ROLE and WAIT see it. */
export interface ReplicaStatus {
  readonly host: string
  /** The port on which the replica listens; 0 when it did not say. */
  readonly port: number
  /** It waits for its first copy of the data, receives it, has it, or wants nothing but that. */
  readonly state: 'wait_bgsave' | 'send_bulk' | 'online' | 'rdb_transmitted'
  /** The offset that it acknowledged last, in bytes of the stream. */
  readonly offset: number
  /** Seconds since its last acknowledgement; -1 before it is online. */
  readonly lagSeconds: number
  /** Bytes that wait to be sent to it. */
  readonly pendingBytes: number
}

/** A copy of all data that a replica receives. */
export interface TransferStatus {
  /** 0 when the primary does not say, -1 before it could. */
  readonly totalBytes: number
  readonly readBytes: number
  readonly lastIoSeconds: number
}

/** The link from a replica to its primary, as INFO and ROLE see it. */
export interface PrimaryLinkStatus {
  readonly host: string
  readonly port: number
  readonly state: 'connect' | 'connecting' | 'handshake' | 'sync' | 'connected'
  /** Bytes of the stream that were applied. */
  readonly offset: number
  /** The same for the other nodes of a cluster, who take 0 for a replica without a complete copy. */
  readonly copyOffset: number
  /** Bytes of the stream that were received; more than `offset` while CLIENT PAUSE holds them back. */
  readonly receivedOffset: number
  /** Seconds since the last byte came; -1 without a link. */
  readonly lastIoSeconds: number
  /** Seconds since the link was lost; 0 while it is up, -1 when it never was. */
  readonly downSeconds: number
  /** Null unless a copy of all data is on its way. */
  readonly transfer: TransferStatus | null
}

/** What is kept of the stream for replicas that lost their link. */
export interface BacklogStatus {
  /** The offset of the oldest byte. */
  readonly firstOffset: number
  readonly bytes: number
}

/** How far a node is that hands its role over to one of its replicas: FAILOVER. */
export type FailoverState = 'no-failover' | 'waiting-for-sync' | 'failover-in-progress'

/** To whom FAILOVER hands the role over, and when it gives up. */
export interface FailoverRequest {
  /** Null: the first replica that has everything. */
  readonly target: { readonly host: string; readonly port: number } | null
  /** 0: never. */
  readonly timeoutMs: number
  /** When the time is up, the target takes over with what it has. */
  readonly isForced: boolean
}

/** What a replica asks for. */
export type StreamRequest =
  /** Readers that know no offsets. */
  | { readonly type: 'sync' }
  /** Goes on with the byte at `offset` of a history. `takesOver`: the node that asks wants to be the replica of this one. */
  | { readonly type: 'psync'; readonly replicationId: string; readonly offset: number; readonly takesOver: boolean }

/** A point of a history, as files hold it. */
export interface SavedPoint {
  readonly replicationId: string
  readonly offset: number
  readonly databaseIndex: number
}

/** What the handlers and the gates see of the node's replication. */
export interface ReplicationState {
  readonly role: 'primary' | 'replica'
  /** 40 hexadecimal digits: the history to which offsets belong. */
  readonly replicationId: string
  /** The history before, which is the same up to `secondOffset`; zeros without one. */
  readonly secondReplicationId: string
  /** The first offset that does not belong to it; -1 without one. */
  readonly secondOffset: number
  /** Bytes of the stream so far; on a replica those that were applied. */
  readonly offset: number
  /** Null while there is none. */
  readonly backlog: BacklogStatus | null
  /** What the backlog takes in memory. */
  readonly backlogBytes: number
  /** What is kept for replicas that get their first copy, in bytes. */
  readonly keptBytes: number
  readonly replicas: readonly ReplicaStatus[]
  /** Null on a primary. */
  readonly primary: PrimaryLinkStatus | null
  /** Milliseconds since anything came from the primary; 0 on a primary. */
  readonly dataAgeMs: number
  readonly failoverState: FailoverState
  /** What a file says of the data, so that replicas, or this replica, can go on from there; null when nobody could. */
  readonly savedPoint: SavedPoint | null
  /** REPLICAOF host port: follows the other node, and goes on with the data of this one if they have a common history. */
  follow(host: string, port: number): void
  /** REPLICAOF NO ONE: keeps the data and accepts writes. */
  becomePrimary(): void
  /** FAILOVER: begins to hand the role over. */
  beginFailover(request: FailoverRequest): void
  /** FAILOVER ABORT. */
  abortFailover(): void
  /** Begins a history of its own: no replica can go on with what it has. */
  changeReplicationId(): void
  /** REPLCONF from a replica that introduces itself, one option at a time, named in any case. */
  configureReplica(client: ClientState, option: string, value: string): Reply
  /** From now on the client is a replica. */
  attachReplica(client: ClientState, request: StreamRequest): Reply
  /** As the log names a client that asks for the stream. */
  nameOf(client: ClientState): string
  /** REPLCONF ACK from a replica; passed over from any other client. */
  acknowledge(client: ClientState, offset: number): void
  /** Number of replicas that acknowledged `offset` or more. */
  countAcknowledged(offset: number): number
  /** Asks every replica for an acknowledgement now instead of at its next turn. */
  requestAcknowledgements(): void
}

const NO_HISTORY = '0'.repeat(40)

/** The replication of a node that has no links to others: a primary without replicas, which refuses to change that. */
export const isolatedReplication: ReplicationState = {
  role: 'primary',
  replicationId: NO_HISTORY,
  secondReplicationId: NO_HISTORY,
  secondOffset: -1,
  offset: 0,
  backlog: null,
  backlogBytes: 0,
  keptBytes: 0,
  replicas: [],
  primary: null,
  dataAgeMs: 0,
  failoverState: 'no-failover',
  savedPoint: null,
  follow: () => {},
  becomePrimary: () => {},
  beginFailover: () => {},
  abortFailover: () => {},
  changeReplicationId: () => {},
  configureReplica: () => null,
  attachReplica: () => null,
  nameOf: () => '',
  acknowledge: () => {},
  countAcknowledged: () => 0,
  requestAcknowledgements: () => {},
}
