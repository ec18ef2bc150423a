/** The types of messages, in the order of their numbers on the wire. */
export const BUS_MESSAGE_TYPES = [
  'ping',
  'pong',
  'meet',
  'fail',
  'publish',
  'authRequest',
  'authAck',
  'update',
  'failoverStart',
  'module',
  'publishShard',
] as const

export type BusMessageType = (typeof BUS_MESSAGE_TYPES)[number]

/** Redis' word for each type, in the fields of CLUSTER INFO and in its log. */
export const BUS_MESSAGE_WORDS: Readonly<Record<BusMessageType, string>> = {
  ping: 'ping',
  pong: 'pong',
  meet: 'meet',
  fail: 'fail',
  publish: 'publish',
  authRequest: 'auth-req',
  authAck: 'auth-ack',
  update: 'update',
  failoverStart: 'mfstart',
  module: 'module',
  publishShard: 'publishshard',
}

/** What every message says of its sender. A replica sends the slots and the config epoch of its primary. */
export interface BusHeader {
  /** 40 hexadecimal digits; '' when the sender gave no id of that form, and so is nobody that a node can know. */
  readonly senderId: string
  /** Bits of `NODE_FLAGS`. */
  readonly flags: number
  /** The primary that the sender follows; null when it is a primary. */
  readonly primaryId: string | null
  /** `cluster-announce-ip` of the sender; '' when its address is that of the connection. */
  readonly announcedIp: string
  readonly port: number
  /** Port without TLS when `port` is one with; else 0. */
  readonly plainPort: number
  readonly busPort: number
  readonly currentEpoch: number
  readonly configEpoch: number
  /** Of the replication stream, in bytes. */
  readonly offset: number
  /** Bitmap of 2048 bytes as in `SlotSet`. */
  readonly slots: Uint8Array
  /** The sender holds the cluster for able to work. */
  readonly isOk: boolean
  /** The sender is a primary that holds its clients for a manual failover. */
  readonly isPaused: boolean
  /** A vote is asked for though the primary works: a manual failover. */
  readonly forcesVote: boolean
}

/** What a ping, pong or meet tells of a node other than its sender. */
export interface GossipEntry {
  readonly id: string
  readonly pingSentSeconds: number
  readonly pongReceivedSeconds: number
  readonly ip: string
  readonly port: number
  readonly busPort: number
  /** Bits of `NODE_FLAGS`. */
  readonly flags: number
  readonly plainPort: number
}

/** What a message is about. Channels and messages of publications are latin1: one character for each byte. */
export type BusBody =
  | {
      readonly type: 'ping' | 'pong' | 'meet'
      readonly gossip: readonly GossipEntry[]
      /** `cluster-announce-hostname` of the sender, or ''. */
      readonly hostname: string
    }
  | { readonly type: 'fail'; readonly failedId: string }
  | { readonly type: 'publish' | 'publishShard'; readonly channel: string; readonly message: string }
  | { readonly type: 'authRequest' | 'authAck' | 'failoverStart' }
  | {
      readonly type: 'update'
      readonly nodeId: string
      readonly configEpoch: number
      /** Bitmap of 2048 bytes as in `SlotSet`. */
      readonly slots: Uint8Array
    }
  | { readonly type: 'module'; readonly moduleId: bigint; readonly moduleType: number; readonly payload: Buffer }

/** One message of the cluster bus. */
export interface BusMessage {
  readonly header: BusHeader
  readonly body: BusBody
}

/** What a packet is: a message, or nothing that a node acts on, with what it writes to its log. */
export type DecodedPacket =
  | { readonly type: 'message'; readonly message: BusMessage }
  | {
      readonly type: 'ignored'
      readonly reason: string
      /** The type that the packet claims, for the counters of CLUSTER INFO; null when there is no such type. */
      readonly messageType: BusMessageType | null
    }
