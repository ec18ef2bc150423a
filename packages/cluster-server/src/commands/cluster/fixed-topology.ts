import { wireError } from '../../wire-errors.js'
import { type Command, defineCommand } from '../command.js'
import { requireCluster } from './require-cluster.js'

/** A subcommand that only nodes on a cluster bus can serve. It is declared, so that COMMAND and ACL know it. */
const refused = (command: Omit<Command, 'run' | 'group' | 'categories'>): Command =>
  defineCommand({
    ...command,
    categories: [],
    group: 'cluster',
    run: (context) => {
      requireCluster(context)
      return wireError(`ERR CLUSTER ${command.name.toUpperCase()} is refused: the topology is fixed by the launcher`)
    },
  })

/** The subcommands of CLUSTER that change what nodes know of each other: refused while the launcher decides that. */
export const fixedTopologyCommands: readonly Command[] = [
  refused({
    name: 'bumpepoch',
    arity: 2,
    flags: ['admin', 'stale', 'no_async_loading'],
    tips: ['nondeterministic_output'],
    since: '3.0.0',
    complexity: 'O(1)',
    summary: 'Advances the epoch of the cluster',
  }),
  refused({
    name: 'failover',
    arity: -2,
    flags: ['admin', 'stale', 'no_async_loading'],
    since: '3.0.0',
    complexity: 'O(1)',
    summary: 'Makes a replica take the place of its primary',
    arguments: [
      {
        name: 'options',
        type: 'oneof',
        optional: true,
        arguments: [
          { name: 'force', type: 'pure-token', token: 'FORCE' },
          { name: 'takeover', type: 'pure-token', token: 'TAKEOVER' },
        ],
      },
    ],
  }),
  refused({
    name: 'forget',
    arity: 3,
    flags: ['admin', 'stale', 'no_async_loading'],
    since: '3.0.0',
    complexity: 'O(1)',
    summary: 'Removes a node from those that this node knows',
    arguments: [{ name: 'node-id', type: 'string' }],
  }),
  refused({
    name: 'meet',
    arity: -4,
    flags: ['admin', 'stale', 'no_async_loading'],
    since: '3.0.0',
    complexity: 'O(1)',
    summary: 'Introduces another node to this one',
    arguments: [
      { name: 'ip', type: 'string' },
      { name: 'port', type: 'integer' },
      { name: 'cluster_bus_port', type: 'integer', optional: true, since: '4.0.0' },
    ],
  }),
  refused({
    name: 'replicate',
    arity: 3,
    flags: ['admin', 'stale', 'no_async_loading'],
    since: '3.0.0',
    complexity: 'O(1)',
    summary: 'Makes this node a replica of a primary',
    arguments: [{ name: 'node-id', type: 'string' }],
  }),
  refused({
    name: 'reset',
    arity: -2,
    flags: ['admin', 'noscript', 'stale'],
    since: '3.0.0',
    complexity: 'O(N) for N nodes; may delete all keys',
    summary: 'Makes this node forget the cluster',
    arguments: [
      {
        name: 'hard_soft',
        type: 'oneof',
        optional: true,
        arguments: [
          { name: 'hard', type: 'pure-token', token: 'HARD' },
          { name: 'soft', type: 'pure-token', token: 'SOFT' },
        ],
      },
    ],
  }),
  refused({
    name: 'saveconfig',
    arity: 2,
    flags: ['admin', 'stale', 'no_async_loading'],
    since: '3.0.0',
    complexity: 'O(1)',
    summary: 'Writes what this node knows of the cluster to disk',
  }),
  refused({
    name: 'set-config-epoch',
    arity: 3,
    flags: ['admin', 'stale', 'no_async_loading'],
    since: '3.0.0',
    complexity: 'O(1)',
    summary: 'Sets the epoch of a new node',
    arguments: [{ name: 'config-epoch', type: 'integer' }],
  }),
  refused({
    name: 'setslot',
    arity: -4,
    flags: ['admin', 'stale', 'no_async_loading'],
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
  }),
]
