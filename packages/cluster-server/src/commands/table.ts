import { bitmapCommands } from './bitmap/index.js'
import { clusterCommands } from './cluster/index.js'
import type { Command } from './command.js'
import { connectionCommands } from './connection/index.js'
import { genericCommands } from './generic/index.js'
import { geoCommands } from './geo/index.js'
import { hashCommands } from './hash/index.js'
import { hyperLogLogCommands } from './hyperloglog/index.js'
import { listCommands } from './list/index.js'
import { pubsubCommands } from './pubsub/index.js'
import { replicationCommands } from './replication/index.js'
import { scriptingCommands } from './scripting/index.js'
import { serverCommands } from './server/index.js'
import { setCommands } from './set/index.js'
import { sortedSetCommands } from './sorted-set/index.js'
import { streamCommands } from './stream/index.js'
import { stringCommands } from './string/index.js'
import { transactionCommands } from './transactions/index.js'

/** Every command of this server. */
export const allCommands: readonly Command[] = [
  ...bitmapCommands,
  ...clusterCommands,
  ...connectionCommands,
  ...genericCommands,
  ...geoCommands,
  ...hashCommands,
  ...hyperLogLogCommands,
  ...listCommands,
  ...pubsubCommands,
  ...replicationCommands,
  ...scriptingCommands,
  ...serverCommands,
  ...setCommands,
  ...sortedSetCommands,
  ...streamCommands,
  ...stringCommands,
  ...transactionCommands,
]
