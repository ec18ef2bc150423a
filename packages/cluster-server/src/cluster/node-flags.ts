/** What is known of a node, as bits: those of the cluster bus. Source: `CLUSTER_NODE_*` of Redis 7.0. */
export const NODE_FLAGS = {
  primary: 1,
  replica: 2,
  /** This node cannot reach it; others may. */
  suspected: 4,
  /** Most primaries hold it for dead. */
  failed: 8,
  myself: 16,
  /** Its id is not known yet. */
  handshake: 32,
  noAddress: 64,
  /** It is to be sent MEET. */
  meet: 128,
  /** A primary to which replicas of others may move. */
  migrateTo: 256,
  /** A replica that never takes its primary's place by itself. */
  noFailover: 512,
} as const

const NAMES: readonly (readonly [bit: number, name: string])[] = [
  [NODE_FLAGS.myself, 'myself'],
  [NODE_FLAGS.primary, 'master'],
  [NODE_FLAGS.replica, 'slave'],
  [NODE_FLAGS.suspected, 'fail?'],
  [NODE_FLAGS.failed, 'fail'],
  [NODE_FLAGS.handshake, 'handshake'],
  [NODE_FLAGS.noAddress, 'noaddr'],
  [NODE_FLAGS.noFailover, 'nofailover'],
]

/** The flags as CLUSTER NODES prints them, such as `myself,master`; `noflags` without any that has a name. */
export const flagNames = (flags: number): string =>
  NAMES.filter(([bit]) => (flags & bit) !== 0)
    .map(([, name]) => name)
    .join(',') || 'noflags'

/** The bits of a list of names, in any case; undefined when one of them is none. */
export const parseFlagNames = (text: string): number | undefined => {
  let flags = 0
  for (const word of text.toLowerCase().split(',')) {
    if (word === 'noflags') continue
    const known = NAMES.find(([, name]) => name === word)
    if (known === undefined) return undefined
    flags |= known[0]
  }
  return flags
}
