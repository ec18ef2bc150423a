import { findKeys } from '../commands/keys-of-command.js'
import { Replication } from '../peers/replication.js'
import type { ReplicationHost } from '../peers/replication-host.js'
import type { Node } from './node.js'

/** The keys among the words of an effect; shard channels are none. */
export const keysOfEffect = (node: Node, argv: readonly string[]): readonly string[] => {
  const container = node.server.commands.get(argv[0]?.toLowerCase() ?? '')
  const subcommand = container?.subcommands?.find(({ name }) => name === argv[1]?.toLowerCase())
  const command = subcommand ?? container
  if (command === undefined) return []
  const references = findKeys(command, argv) ?? []
  return references.filter(({ flags }) => !flags.includes('not_key')).map(({ index }) => argv[index] ?? '')
}

/** A file without keys and without a checksum. */
const EMPTY_RDB = `REDIS0010\xff${'\0'.repeat(8)}`

/** The replication of a node. It looks at the node only when it is used, as the node is still being made now. */
export const createReplication = (node: Node): Replication => {
  const host: ReplicationHost = {
    get clock() {
      return node.server.clock
    },
    get config() {
      return node.server.config
    },
    get databases() {
      return node.server.databases
    },
    get port() {
      return node.address.port
    },
    keysOf: (argv) => keysOfEffect(node, argv),
    runUnit: (work) => node.runUnit(work),
    applyEffects: (effects) => node.applyEffects(effects),
    encodeRdb: () => EMPTY_RDB,
    isPaused: () => node.isPaused,
    onEffects: (listener) => node.onEffects(listener),
    retryWaiting: () => node.server.retryWaiting(),
    interruptBlocked: () => node.interruptBlocked(),
    countFullResync: () => {
      node.server.statistics.fullResyncs++
    },
    log: (level, message) => node.log(level, message),
  }
  return new Replication(host)
}
