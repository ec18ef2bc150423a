import { describe, expect, jest, test } from '@jest/globals'
import fc from 'fast-check'
import { redirectionError } from '../../src/cluster/redirection.js'
import { route } from '../../src/cluster/route.js'
import type { RoutingDecision, RoutingRequest } from '../../src/cluster/routing.js'
import type { ClusterState, Topology } from '../../src/cluster/topology.js'
import { keySlot } from '../../src/slot.js'
import { idOf, nodeOf, stateOf } from './cluster-states.js'

jest.setTimeout(60_000)

const request = (change: Partial<RoutingRequest> = {}): RoutingRequest => ({
  keys: ['{a}'],
  readOnly: false,
  clientReadsReplicas: false,
  asking: false,
  countPresent: () => 0,
  ...change,
})

/** Slot 15495, of node 2. */
const IN_SECOND = '{a}'
/** Slot 3300, of node 1. */
const IN_FIRST = '{b}'

/**
 * The decision as the specification and cluster.c of Redis 7.0 put it, written as a table of guards from first to last,
 * without any thought of speed.
 */
const model = (asked: RoutingRequest, state: ClusterState): string => {
  const [first] = asked.keys
  if (first === undefined) return 'serve'
  const slot = keySlot(first)
  const owner = state.topology.ownerOf(slot)
  if (!owner) return 'unbound'
  if (asked.keys.some((key) => keySlot(key) !== slot)) return 'crossSlot'
  const down = state.health === 'fail'
  if (down && asked.shardChannels && state.allowShardChannelsWhenDown === false) return 'down'
  if (down && !asked.shardChannels && !state.allowReadsWhenDown) return 'down'
  if (down && !asked.shardChannels && !asked.readOnly) return 'readsOnly'
  const mine = owner.id === state.myId
  const migrating = mine && state.migrating.has(slot)
  const importing = !migrating && state.importing.has(slot)
  if ((migrating || importing) && asked.movesKeys) return 'serve'
  const present = asked.shardChannels ? asked.keys.length : asked.countPresent(asked.keys)
  const missing = asked.keys.length - present
  if (migrating && missing > 0) return present > 0 ? 'tryAgain' : `ask ${state.migrating.get(slot)}`
  if (importing && asked.asking) return new Set(asked.keys).size > 1 && missing > 0 ? 'tryAgain' : 'serve'
  const follows = state.topology.nodes.get(state.myId)?.primaryId === owner.id
  if (follows && asked.readOnly && (asked.clientReadsReplicas || asked.shardChannels)) return 'serve'
  return mine ? 'serve' : `moved ${owner.id}`
}

const summary = (decision: RoutingDecision): string => {
  switch (decision.type) {
    case 'moved':
    case 'ask':
      return `${decision.type} ${decision.node.id}`
    case 'clusterDown':
      return decision.reason === 'state' ? 'down' : decision.reason
    default:
      return decision.type
  }
}

const bases = [stateOf(1), stateOf(2), stateOf(3)]

/** The topology as if nobody owned `slots`. */
const without = (topology: Topology, slots: ReadonlySet<number>): Topology => ({
  nodes: topology.nodes,
  currentEpoch: topology.currentEpoch,
  ownerOf: (slot) => (slots.has(slot) ? undefined : topology.ownerOf(slot)),
  rangesOf: (id) => topology.rangesOf(id),
  replicasOf: (id) => topology.replicasOf(id),
})

describe('routing', () => {
  test('decides as the table of Redis does, in every combination', () => {
    const keys = fc.array(fc.constantFrom('{a}', '{a}1', '{b}', '{b}1', '{c}', 'lonely'), { maxLength: 4 })
    const marked = fc.constantFrom<readonly string[]>([], ['{a}'], ['{b}'], ['{a}', '{b}'])
    const requests = fc.record({
      keys,
      readOnly: fc.boolean(),
      clientReadsReplicas: fc.boolean(),
      asking: fc.boolean(),
      shardChannels: fc.boolean(),
      movesKeys: fc.boolean(),
      present: fc.constantFrom<readonly string[]>([], ['{a}'], ['{a}', '{a}1'], ['{b}', '{b}1', '{c}']),
    })
    const states = fc.record({
      me: fc.constantFrom(1, 2, 3),
      migrating: marked,
      importing: marked,
      unbound: marked,
      health: fc.constantFrom('ok', 'fail'),
      allowReadsWhenDown: fc.boolean(),
      allowShardChannelsWhenDown: fc.boolean(),
    })
    fc.assert(
      fc.property(requests, states, ({ present, ...asked }, { me, migrating, importing, unbound, ...settings }) => {
        const base = bases[me - 1]!
        const other = idOf(me === 2 ? 1 : 2)
        const state: ClusterState = {
          ...base,
          ...(settings as Pick<ClusterState, 'health'>),
          topology: without(base.topology, new Set(unbound.map(keySlot))),
          migrating: new Map(migrating.map((key) => [keySlot(key), other])),
          importing: new Map(importing.map((key) => [keySlot(key), other])),
        }
        const whole: RoutingRequest = {
          ...asked,
          countPresent: (wanted) => wanted.filter((key) => present.includes(key)).length,
        }
        expect(summary(route(whole, state))).toBe(model(whole, state))
      }),
      { numRuns: 5000 },
    )
  })

  test('asks how many keys are there only while their slot moves', () => {
    const countPresent = () => {
      throw new Error('asked')
    }
    expect(route(request({ keys: [IN_SECOND, IN_SECOND], countPresent }), stateOf(2)).type).toBe('serve')
    expect(route(request({ keys: [IN_SECOND], countPresent }), stateOf(1)).type).toBe('moved')
  })

  test('a transaction over two slots is refused as a whole', () => {
    expect(route(request({ keys: [IN_FIRST, IN_FIRST, IN_SECOND] }), stateOf(1)).type).toBe('crossSlot')
  })

  test('a replica serves reads of its primary after READONLY, and sends writes there', () => {
    const reads = request({ keys: [IN_FIRST], readOnly: true, clientReadsReplicas: true })
    expect(route(reads, stateOf(3)).type).toBe('serve')
    expect(route({ ...reads, clientReadsReplicas: false }, stateOf(3))).toMatchObject({
      type: 'moved',
      node: { port: 7001 },
    })
    expect(route({ ...reads, readOnly: false }, stateOf(3))).toMatchObject({ type: 'moved', node: { port: 7001 } })
    expect(route({ ...reads, keys: [IN_SECOND] }, stateOf(3))).toMatchObject({ type: 'moved', node: { port: 7002 } })
  })
})

describe('a redirection', () => {
  test('is told in the words of Redis', () => {
    const node = nodeOf(2)
    const texts = (
      [
        { type: 'moved', slot: 15495, node },
        { type: 'ask', slot: 7, node },
        { type: 'crossSlot' },
        { type: 'tryAgain' },
        { type: 'clusterDown', reason: 'state', slot: 1 },
        { type: 'clusterDown', reason: 'readsOnly', slot: 1 },
        { type: 'clusterDown', reason: 'unbound', slot: 1 },
      ] as const
    ).map((decision) => redirectionError(decision)?.message)
    expect(texts).toEqual([
      'MOVED 15495 127.0.0.1:7002',
      'ASK 7 127.0.0.1:7002',
      "CROSSSLOT Keys in request don't hash to the same slot",
      'TRYAGAIN Multiple keys request during rehashing of slot',
      'CLUSTERDOWN The cluster is down',
      'CLUSTERDOWN The cluster is down and only accepts read commands',
      'CLUSTERDOWN Hash slot not served',
    ])
    expect(redirectionError({ type: 'serve' })).toBeUndefined()
  })
})
