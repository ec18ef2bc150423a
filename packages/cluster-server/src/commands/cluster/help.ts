import { Status } from '../../resp/reply.js'
import { type Command, defineCommand } from '../command.js'
import { requireCluster } from './require-cluster.js'

const LINES = [
  'CLUSTER <subcommand> [<arg> [value] [opt] ...]. Subcommands are:',
  'ADDSLOTS <slot> [<slot> ...]',
  '    Give slots without an owner to this node, while it knows of no other.',
  'ADDSLOTSRANGE <start slot> <end slot> [<start slot> <end slot> ...]',
  '    Give ranges of slots without an owner to this node, while it knows of no other.',
  'COUNT-FAILURE-REPORTS <node-id>',
  '    Count the nodes that hold <node-id> for dead.',
  'COUNTKEYSINSLOT <slot>',
  '    Count the keys of <slot> on this node.',
  'DELSLOTS <slot> [<slot> ...]',
  '    Leave slots without an owner.',
  'DELSLOTSRANGE <start slot> <end slot> [<start slot> <end slot> ...]',
  '    Leave ranges of slots without an owner.',
  'FLUSHSLOTS',
  '    Leave all slots of this node without an owner.',
  'GETKEYSINSLOT <slot> <count>',
  '    Return up to <count> keys of <slot> on this node.',
  'INFO',
  '    Tell in which state the cluster is.',
  'KEYSLOT <key>',
  '    Return the slot of <key>.',
  'LINKS',
  '    List the bus connections of this node.',
  'MYID',
  '    Return the id of this node.',
  'NODES',
  '    List the nodes, one line each:',
  '    <id> <ip:port> <flags> <primary> <pings> <pongs> <epoch> <link> <slot> ...',
  'REPLICAS <node-id>',
  '    List the replicas of <node-id>.',
  'SHARDS',
  '    List slots and nodes of each shard.',
  'SLOTS',
  '    List ranges of slots, each with the addresses, ports and ids of its primary and replicas.',
  'HELP',
  '    Print this help.',
]

/** CLUSTER HELP. Subcommands that are refused for now are left out. */
export const clusterHelp: Command = defineCommand({
  name: 'help',
  arity: 2,
  flags: ['loading', 'stale'],
  categories: [],
  group: 'cluster',
  since: '5.0.0',
  complexity: 'O(1)',
  summary: 'Describes the subcommands',
  run: (context) => {
    requireCluster(context)
    return LINES.map((line) => new Status(line))
  },
})
