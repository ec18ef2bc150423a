import type { KnownNode } from '../../cluster/known-node.js'
import { OK, type Reply } from '../../resp/reply.js'
import { wireError } from '../../wire-errors.js'
import { argument, optionAt } from '../arguments.js'
import type { ClusterControl } from '../cluster-control.js'
import { type Command, defineCommand } from '../command.js'
import type { CommandContext } from '../context.js'
import { requireCluster, requireNode } from './require-cluster.js'
import { slotArgument } from './slot-assignment.js'

const ONLY_PRIMARIES = wireError('ERR Please use SETSLOT only with masters.')
const TARGET_IS_REPLICA = wireError('ERR Target node is not a master')
const INVALID_ACTION = wireError('ERR Invalid CLUSTER SETSLOT action or number of arguments. Try CLUSTER HELP')

const requirePrimary = (node: KnownNode): KnownNode => {
  if (node.isReplica) throw TARGET_IS_REPLICA
  return node
}

const otherNode = ({ table }: ClusterControl, id: string): KnownNode => {
  const node = table.node(id)
  if (node === undefined) throw wireError(`ERR I don't know about node ${id}`)
  return requirePrimary(node)
}

const beginExport = (cluster: ClusterControl, slot: number, targetId: string): void => {
  const { table } = cluster
  if (table.ownerOf(slot) !== table.myself) throw wireError(`ERR I'm not the owner of hash slot ${slot}`)
  table.migrating.set(slot, otherNode(cluster, targetId))
}

const beginImport = (cluster: ClusterControl, slot: number, sourceId: string): void => {
  const { table } = cluster
  if (table.ownerOf(slot) === table.myself) throw wireError(`ERR I'm already the owner of hash slot ${slot}`)
  table.importing.set(slot, otherNode(cluster, sourceId))
}

const endMove = ({ table }: ClusterControl, slot: number): void => {
  table.importing.delete(slot)
  table.migrating.delete(slot)
}

/**
 * Gives a slot to a node, whoever owned it. That ends the move of the slot: out of this node once it holds no keys of it,
 * into this node under an epoch of its own, so that the other nodes believe it. A primary that gives its last slot away
 * goes on as a replica of the one that has it now, with `cluster-allow-replica-migration`.
 */
const assign = (context: CommandContext, cluster: ClusterControl, slot: number, node: KnownNode): void => {
  const { table } = cluster
  const { myself } = table
  const { server } = context
  const keys = server.databases[0]?.slots?.count(slot) ?? 0
  const wasMine = table.ownerOf(slot) === myself
  if (wasMine && node !== myself && keys > 0) {
    throw wireError(`ERR Can't assign hashslot ${slot} to a different node while I still hold keys for this hash slot.`)
  }
  if (keys === 0) table.migrating.delete(slot)
  table.removeSlot(slot)
  table.addSlot(node, slot)
  if (wasMine && node !== myself && myself.slots.size === 0 && server.config.flag('cluster-allow-replica-migration')) {
    server.log('notice', `The last slot of this node was given away: it becomes a replica of ${node.id}`)
    cluster.follow(node)
  }
  if (node === myself && table.importing.has(slot)) {
    if (cluster.bumpEpoch()) server.log('notice', `The import of slot ${slot} has ended under a new config epoch`)
    table.importing.delete(slot)
    cluster.announce()
  }
}

const run = (context: CommandContext, argv: readonly string[]): Reply => {
  const cluster = requireCluster(context)
  if (cluster.table.myself.isReplica) throw ONLY_PRIMARIES
  const slot = slotArgument(argument(argv, 2))
  const nodeId = argument(argv, 4)
  switch (`${optionAt(argv, 3)} ${argv.length}`) {
    case 'MIGRATING 5':
      beginExport(cluster, slot, nodeId)
      break
    case 'IMPORTING 5':
      beginImport(cluster, slot, nodeId)
      break
    case 'STABLE 4':
      endMove(cluster, slot)
      break
    case 'NODE 5':
      assign(context, cluster, slot, requirePrimary(requireNode(cluster, nodeId)))
      break
    default:
      throw INVALID_ACTION
  }
  cluster.changed('save', 'state')
  return OK
}

/** CLUSTER SETSLOT. Source of the rules: `clusterCommand` in cluster.c of Redis 7.0.15. */
export const setSlot: Command = defineCommand({
  name: 'setslot',
  arity: -4,
  flags: ['admin', 'stale', 'no_async_loading'],
  categories: [],
  group: 'cluster',
  since: '3.0.0',
  complexity: 'O(1)',
  summary: 'Binds a slot to a node, or marks it as moving',
  arguments: [
    { name: 'slot', type: 'integer' },
    {
      name: 'subcommand',
      type: 'oneof',
      arguments: [
        { name: 'node-id', type: 'string', token: 'IMPORTING' },
        { name: 'node-id', type: 'string', token: 'MIGRATING' },
        { name: 'node-id', type: 'string', token: 'NODE' },
        { name: 'stable', type: 'pure-token', token: 'STABLE' },
      ],
    },
  ],
  run,
})
