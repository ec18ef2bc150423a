import { coverageRulesOf, createClusterState } from '../../cluster/cluster-state.js'
import type { ClusterState, Topology } from '../../cluster/topology.js'
import { assignSlots, unassignSlots } from '../../cluster/topology-change.js'
import { OK, type Reply } from '../../resp/reply.js'
import { SLOT_COUNT } from '../../slot.js'
import { wireError, wrongArity } from '../../wire-errors.js'
import { argument, boundedArgument } from '../arguments.js'
import { type Command, defineCommand } from '../command.js'
import type { CommandContext } from '../context.js'
import { requireCluster } from './require-cluster.js'

const INVALID_SLOT = wireError('ERR Invalid or out of range slot')
const NOT_EMPTY = wireError('ERR DB must be empty to perform CLUSTER FLUSHSLOTS.')
const FIXED = wireError('ERR The slots of this cluster were assigned by its launcher and cannot be changed')

type Assignment = 'add' | 'delete'

const slotArgument = (text: string): number => boundedArgument(text, 0, SLOT_COUNT - 1, INVALID_SLOT)

/** Nodes do not gossip yet: one that knows of others would contradict them. */
const requireLoneNode = (context: CommandContext): ClusterState => {
  const state = requireCluster(context)
  if (state.topology.nodes.size > 1) throw FIXED
  return state
}

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

const checkSlots = (topology: Topology, slots: Iterable<number>, assignment: Assignment): number[] => {
  const seen = new Set<number>()
  for (const slot of slots) {
    const isOwned = topology.ownerOf(slot) !== undefined
    if (assignment === 'delete' && !isOwned) throw wireError(`ERR Slot ${slot} is already unassigned`)
    if (assignment === 'add' && isOwned) throw wireError(`ERR Slot ${slot} is already busy`)
    if (seen.has(slot)) throw wireError(`ERR Slot ${slot} specified multiple times`)
    seen.add(slot)
  }
  return [...seen]
}

const replaceTopology = (context: CommandContext, state: ClusterState, topology: Topology): Reply => {
  const rules = coverageRulesOf(context.server.config)
  context.server.changeCluster(createClusterState(state.myId, topology, rules, state))
  return OK
}

const change = (context: CommandContext, requested: Iterable<number>, assignment: Assignment): Reply => {
  const state = requireLoneNode(context)
  const { topology, myId } = state
  const slots = checkSlots(topology, requested, assignment)
  return replaceTopology(
    context,
    state,
    assignment === 'add' ? assignSlots(topology, myId, slots) : unassignSlots(topology, slots),
  )
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
    const state = requireLoneNode(context)
    if (context.db.size > 0) throw NOT_EMPTY
    const own = state.topology.rangesOf(state.myId).flatMap(({ start, end }) => {
      return Array.from({ length: end - start + 1 }, (_, offset) => start + offset)
    })
    return replaceTopology(context, state, unassignSlots(state.topology, own))
  },
})

/** The subcommands of CLUSTER that change which slots a lone node owns. */
export const slotAssignmentCommands: readonly Command[] = [addslots, addslotsrange, delslots, delslotsrange, flushslots]
