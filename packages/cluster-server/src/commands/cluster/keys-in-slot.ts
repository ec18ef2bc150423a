import { keySlot, SLOT_COUNT } from '../../slot.js'
import { wireError } from '../../wire-errors.js'
import { argument, integerArgument } from '../arguments.js'
import { type Command, defineCommand } from '../command.js'
import { requireCluster } from './require-cluster.js'

const INVALID_SLOT = wireError('ERR Invalid slot')
const INVALID_SLOT_OR_COUNT = wireError('ERR Invalid slot or number of keys')

const keyslot = defineCommand({
  name: 'keyslot',
  arity: 3,
  flags: ['stale'],
  categories: [],
  group: 'cluster',
  since: '3.0.0',
  complexity: 'O(N) for a key of N bytes',
  summary: 'Returns the hash slot of a key',
  arguments: [{ name: 'key', type: 'string' }],
  run: (context, argv) => {
    requireCluster(context)
    return keySlot(argument(argv, 2))
  },
})

const countkeysinslot = defineCommand({
  name: 'countkeysinslot',
  arity: 3,
  flags: ['stale'],
  categories: [],
  group: 'cluster',
  since: '3.0.0',
  complexity: 'O(1)',
  summary: 'Counts the keys of a slot that this node holds',
  arguments: [{ name: 'slot', type: 'integer' }],
  run: (context, argv) => {
    requireCluster(context)
    const slot = integerArgument(argument(argv, 2))
    if (slot < 0 || slot >= SLOT_COUNT) throw INVALID_SLOT
    return context.db.slots?.count(slot) ?? 0
  },
})

const getkeysinslot = defineCommand({
  name: 'getkeysinslot',
  arity: 4,
  flags: ['stale'],
  categories: [],
  tips: ['nondeterministic_output'],
  group: 'cluster',
  since: '3.0.0',
  complexity: 'O(N) for N returned keys',
  summary: 'Returns keys of a slot that this node holds',
  arguments: [
    { name: 'slot', type: 'integer' },
    { name: 'count', type: 'integer' },
  ],
  run: (context, argv) => {
    requireCluster(context)
    const slot = integerArgument(argument(argv, 2))
    const limit = integerArgument(argument(argv, 3))
    if (slot < 0 || slot >= SLOT_COUNT || limit < 0) throw INVALID_SLOT_OR_COUNT
    return context.db.slots?.keys(slot, limit) ?? []
  },
})

/** The subcommands of CLUSTER about keys and their slots. */
export const keysInSlotCommands: readonly Command[] = [countkeysinslot, getkeysinslot, keyslot]
