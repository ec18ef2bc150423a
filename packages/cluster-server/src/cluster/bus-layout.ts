/** Where the fields of a packet are. Source: the assertions on `clusterMsg` in cluster.h of Redis 7.0.15. */
export const HEADER = {
  signature: 0,
  totalLength: 4,
  version: 8,
  port: 10,
  type: 12,
  count: 14,
  currentEpoch: 16,
  configEpoch: 24,
  offset: 32,
  sender: 40,
  slots: 80,
  primary: 2128,
  announcedIp: 2168,
  extensions: 2214,
  plainPort: 2246,
  busPort: 2248,
  flags: 2250,
  state: 2252,
  messageFlags: 2253,
  /** Where the data begins, and the least length of a packet. */
  length: 2256,
} as const

/** Offsets in an entry of the gossip of a ping. */
export const GOSSIP = {
  id: 0,
  pingSent: 40,
  pongReceived: 44,
  ip: 48,
  port: 94,
  busPort: 96,
  flags: 98,
  plainPort: 100,
  length: 104,
} as const

/** Offsets in the data of an update. */
export const UPDATE = { configEpoch: 0, nodeId: 8, slots: 48, length: 2096 } as const

/** Offsets in the data of a publication. */
export const PUBLISH = { channelLength: 0, messageLength: 4, text: 8 } as const

/** Offsets in the data of a module's message. */
export const MODULE = { id: 0, length: 8, type: 12, payload: 13 } as const

/** Offsets in an extension of a ping; its length counts this head. */
export const EXTENSION = { length: 0, type: 4, data: 8 } as const

/** The only type of extension that Redis 7.0 knows. */
export const HOSTNAME_EXTENSION = 0

/** Bits of the first byte of `HEADER.messageFlags`. */
export const MESSAGE_FLAGS = { paused: 1, forcesVote: 2, hasExtensions: 4 } as const

export const BUS_SIGNATURE = 'RCmb'
export const BUS_VERSION = 1
export const NODE_ID_BYTES = 40
/** Bytes of an address, its terminating NUL included. */
export const IP_BYTES = 46

/** Bytes that an extension takes with its head, the text's terminating NUL and the padding. */
export const hostnameExtensionBytes = (hostname: string): number =>
  hostname === '' ? 0 : EXTENSION.data + Math.ceil((hostname.length + 1) / 8) * 8
