import type { NodeTable } from '../../cluster/node-table.js'
import { OK, type Reply } from '../../resp/reply.js'
import { SLOT_COUNT } from '../../slot.js'
import { wireError, wrongArity } from '../../wire-errors.js'
import { argument, boundedArgument } from '../arguments.js'
import { type Command, defineCommand } from '../command.js'
import type { CommandContext } from '../context.js'
import { requireCluster } from './require-cluster.js'

const INVALID_SLOT = wireError('ERR Invalid or out of range slot')
const NOT_EMPTY = wireError('ERR DB must be empty to perform CLUSTER FLUSHSLOTS.')

type Assignment = 'add' | 'delete'

/** @throws WireError when the text is no slot */
export const slotArgument = (text: string): number => boundedArgument(text, 0, SLOT_COUNT - 1, INVALID_SLOT)

const listedSlots = (argv: readonly string[]): number[] => argv.slice(2).map(slotArgument)

/** Lazily, because a range is checked against the owners before the next one is parsed. */
function* slotsOfRanges(argv: readonly string[], name: string): Iterable<number> {
  if (argv.length % 2 === 1) throw wrongArity(`cluster|${name}`)
  for (let index = 2; index < argv.length; index += 2) {
    const start = slotArgument(argument(argv, index))
    const end = slotArgument(argument(argv, index + 1))
    if (start > end) throw wireError(`ERR start slot number ${start} is greater than end slot number ${end}`)
    for (let slot = start; slot <= end; slot++) yield slot
  }
}

const checkSlots = (table: NodeTable, slots: Iterable<number>, assignment: Assignment): ReadonlySet<number> => {
  const seen = new Set<number>()
  for (const slot of slots) {
    const isOwned = table.ownerOf(slot) !== undefined
    if (assignment === 'delete' && !isOwned) throw wireError(`ERR Slot ${slot} is already unassigned`)
    if (assignment === 'add' && isOwned) throw wireError(`ERR Slot ${slot} is already busy`)
    if (seen.has(slot)) throw wireError(`ERR Slot ${slot} specified multiple times`)
    seen.add(slot)
  }
  return seen
}

const change = (context: CommandContext, requested: Iterable<number>, assignment: Assignment): Reply => {
  const cluster = requireCluster(context)
  const { table } = cluster
  for (const slot of checkSlots(table, requested, assignment)) {
    table.importing.delete(slot)
    if (assignment === 'add') table.addSlot(table.myself, slot)
    else table.removeSlot(slot)
  }
  cluster.changed('state', 'save')
  return OK
}

const addslots = defineCommand({
  name: 'addslots',
  arity: -3,
  flags: ['admin', 'stale', 'no_async_loading'],
  categories: [],
  group: 'cluster',
  since: '3.0.0',
  complexity: 'O(N) for N slots',
  summary: 'Gives slots without an owner to this node',
  arguments: [{ name: 'slot', type: 'integer', multiple: true }],
  run: (context, argv) => {
    requireCluster(context)
    return change(context, listedSlots(argv), 'add')
  },
})

const delslots = defineCommand({
  ...addslots,
  name: 'delslots',
  summary: 'Leaves slots without an owner',
  run: (context, argv) => {
    requireCluster(context)
    return change(context, listedSlots(argv), 'delete')
  },
})

const addslotsrange = defineCommand({
  name: 'addslotsrange',
  arity: -4,
  flags: ['admin', 'stale', 'no_async_loading'],
  categories: [],
  group: 'cluster',
  since: '7.0.0',
  complexity: 'O(N) for N slots in the ranges',
  summary: 'Gives ranges of slots without an owner to this node',
  arguments: [
    {
      name: 'start-slot_end-slot',
      type: 'block',
      multiple: true,
      arguments: [
        { name: 'start-slot', type: 'integer' },
        { name: 'end-slot', type: 'integer' },
      ],
    },
  ],
  run: (context, argv) => {
    requireCluster(context)
    return change(context, slotsOfRanges(argv, 'addslotsrange'), 'add')
  },
})

const delslotsrange = defineCommand({
  ...addslotsrange,
  name: 'delslotsrange',
  summary: 'Leaves ranges of slots without an owner',
  run: (context, argv) => {
    requireCluster(context)
    return change(context, slotsOfRanges(argv, 'delslotsrange'), 'delete')
  },
})

const flushslots = defineCommand({
  name: 'flushslots',
  arity: 2,
  flags: ['admin', 'stale', 'no_async_loading'],
  categories: [],
  group: 'cluster',
  since: '3.0.0',
  complexity: 'O(1)',
  summary: 'Leaves all slots of this node without an owner',
  run: (context) => {
    const cluster = requireCluster(context)
    const { table } = cluster
    if (context.db.size > 0) throw NOT_EMPTY
    for (const slot of [...table.myself.slots]) table.removeSlot(slot)
    cluster.changed('state', 'save')
    return OK
  },
})

/** The subcommands of CLUSTER that give slots to this node, or leave slots without an owner. */
export const slotAssignmentCommands: readonly Command[] = [addslots, addslotsrange, delslots, delslotsrange, flushslots]
