import type { Command } from '../command.js'
import { failover } from './failover.js'
import { psync, replconf, sync } from './replica-handshake.js'
import { replicaof, slaveof } from './replicaof.js'
import { role } from './role.js'
import { wait } from './wait.js'

/** The commands about replication. */
export const replicationCommands: readonly Command[] = [failover, psync, replconf, replicaof, role, slaveof, sync, wait]
