import { type Command, defineCommand } from '../command.js'
import { epochCommands } from './epochs.js'
import { clusterFailover } from './failover.js'
import { clusterHelp } from './help.js'
import { keysInSlotCommands } from './keys-in-slot.js'
import { membershipCommands } from './membership.js'
import { setSlot } from './set-slot.js'
import { slotAssignmentCommands } from './slot-assignment.js'
import { clusterViews } from './views.js'

/** CLUSTER with its subcommands. READONLY, READWRITE and ASKING stand with the commands of a connection. */
export const clusterCommands: readonly Command[] = [
  defineCommand({
    name: 'cluster',
    arity: -2,
    flags: [],
    categories: [],
    group: 'cluster',
    since: '3.0.0',
    complexity: 'Depends on the subcommand',
    summary: 'Shows the cluster that this node is in',
    subcommands: [
      ...clusterViews,
      ...keysInSlotCommands,
      ...slotAssignmentCommands,
      ...membershipCommands,
      ...epochCommands,
      clusterFailover,
      setSlot,
      clusterHelp,
    ],
  }),
]
