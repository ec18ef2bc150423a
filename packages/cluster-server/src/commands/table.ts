import { clusterCommands } from './cluster/index.js'
import type { Command } from './command.js'
import { connectionCommands } from './connection/index.js'
import { hashCommands } from './hash/index.js'
import { replicationCommands } from './replication/index.js'
import { stringCommands } from './string/index.js'
import { transactionCommands } from './transactions/index.js'

/** Every command of this server. */
export const allCommands: readonly Command[] = [
  ...clusterCommands,
  ...connectionCommands,
  ...hashCommands,
  ...replicationCommands,
  ...stringCommands,
  ...transactionCommands,
]
