import { OK, Status } from '../../resp/reply.js'
import { wireError } from '../../wire-errors.js'
import { argument, integerArgument } from '../arguments.js'
import { type Command, defineCommand } from '../command.js'
import { requireCluster } from './require-cluster.js'

const KNOWS_OTHERS = wireError(
  'ERR The user can assign a config epoch only when the node does not know any other node.',
)
const HAS_EPOCH = wireError('ERR Node config epoch is already non-zero')

const bumpepoch = defineCommand({
  name: 'bumpepoch',
  arity: 2,
  flags: ['admin', 'stale', 'no_async_loading'],
  categories: [],
  tips: ['nondeterministic_output'],
  group: 'cluster',
  since: '3.0.0',
  complexity: 'O(1)',
  summary: 'Advances the epoch of the cluster',
  run: (context) => {
    const cluster = requireCluster(context)
    const word = cluster.bumpEpoch() ? 'BUMPED' : 'STILL'
    return new Status(`${word} ${cluster.table.myself.configEpoch}`)
  },
})

const setConfigEpoch = defineCommand({
  name: 'set-config-epoch',
  arity: 3,
  flags: ['admin', 'stale', 'no_async_loading'],
  categories: [],
  group: 'cluster',
  since: '3.0.0',
  complexity: 'O(1)',
  summary: 'Sets the epoch of a new node',
  arguments: [{ name: 'config-epoch', type: 'integer' }],
  run: (context, argv) => {
    const cluster = requireCluster(context)
    const { table } = cluster
    const epoch = integerArgument(argument(argv, 2))
    if (epoch < 0) throw wireError(`ERR Invalid config epoch specified: ${epoch}`)
    if (table.size > 1) throw KNOWS_OTHERS
    if (table.myself.configEpoch !== 0) throw HAS_EPOCH
    table.myself.configEpoch = epoch
    table.currentEpoch = Math.max(table.currentEpoch, epoch)
    context.server.log('notice', `The config epoch was set to ${epoch} by CLUSTER SET-CONFIG-EPOCH`)
    cluster.changed('state', 'save')
    return OK
  },
})

const saveconfig = defineCommand({
  name: 'saveconfig',
  arity: 2,
  flags: ['admin', 'stale', 'no_async_loading'],
  categories: [],
  group: 'cluster',
  since: '3.0.0',
  complexity: 'O(1)',
  summary: 'Writes what this node knows of the cluster to disk',
  run: (context) => {
    const failure = requireCluster(context).saveConfig()
    return failure === null ? OK : wireError(`ERR error saving the cluster node config: ${failure}`)
  },
})

/** The subcommands of CLUSTER about epochs, and about what is kept of them. */
export const epochCommands: readonly Command[] = [bumpepoch, saveconfig, setConfigEpoch]
