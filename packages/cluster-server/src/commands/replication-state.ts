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
  /** `send_bulk` while it receives the first copy of the data, `online` afterwards. */
  readonly state: 'send_bulk' | 'online'
  /** The offset that it acknowledged last, in bytes of the stream. */
  readonly offset: number
  /** Seconds since its last acknowledgement; -1 before the first. */
  readonly lagSeconds: number
}

/** The link from a replica to its primary, as INFO and ROLE see it. */
export interface PrimaryLinkStatus {
  readonly host: string
  readonly port: number
  readonly state: 'connect' | 'connecting' | 'sync' | 'connected'
  /** A copy has arrived and is being loaded. */
  readonly isLoading: boolean
  /** Bytes of the stream that were applied; 0 before the first copy is complete. */
  readonly offset: number
  /** Bytes of the stream that were received; more than `offset` while CLIENT PAUSE holds them back. */
  readonly receivedOffset: number
  /** Seconds since the last byte came; -1 without a link. */
  readonly lastIoSeconds: number
  /** Seconds since the link was lost; 0 while it is up. */
  readonly downSeconds: number
}

/** What the handlers and the gates see of the node's replication. */
export interface ReplicationState {
  readonly role: 'primary' | 'replica'
  /** 40 hexadecimal digits: the history to which offsets belong. */
  readonly replicationId: string
  /** Bytes of the stream so far; on a replica those that were applied. */
  readonly offset: number
  readonly replicas: readonly ReplicaStatus[]
  /** Null on a primary. */
  readonly primary: PrimaryLinkStatus | null
  /** Milliseconds since anything came from the primary; 0 on a primary. */
  readonly dataAgeMs: number
  /** REPLICAOF host port: drops this node's data for a copy of the other node's, and follows it. */
  follow(host: string, port: number): void
  /** REPLICAOF NO ONE: keeps the data and accepts writes. */
  becomePrimary(): void
  /** Begins a history of its own: no replica can go on with what it has. */
  changeReplicationId(): void
  /** REPLCONF from a replica that introduces itself, one option at a time, named in any case. */
  configureReplica(client: ClientState, option: string, value: string): Reply
  /** SYNC or PSYNC: from now on the client is a replica. `failoverId`: PSYNC asks this node to become a primary first. */
  attachReplica(client: ClientState, request: 'sync' | 'psync', failoverId?: string): Reply
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
  offset: 0,
  replicas: [],
  primary: null,
  dataAgeMs: 0,
  follow: () => {},
  becomePrimary: () => {},
  changeReplicationId: () => {},
  configureReplica: () => null,
  attachReplica: () => null,
  acknowledge: () => {},
  countAcknowledged: () => 0,
  requestAcknowledgements: () => {},
}
