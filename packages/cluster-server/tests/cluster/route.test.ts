import { describe, expect, jest, test } from '@jest/globals'
import fc from 'fast-check'
import { redirectionError } from '../../src/cluster/redirection.js'
import { isServedAnyway, route, routeWaiting } from '../../src/cluster/route.js'
import type { RoutingDecision, RoutingRequest, RoutingState } from '../../src/cluster/routing.js'
import { keySlot } from '../../src/slot.js'
import { idOf } from './node-ids.js'
import { nodeOf, stateOf } from './node-tables.js'

jest.setTimeout(60_000)

const request = (change: Partial<RoutingRequest> = {}): RoutingRequest => ({
  keys: ['{a}'],
  readOnly: false,
  isWrite: true,
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
const model = (asked: RoutingRequest, state: RoutingState): string => {
  const [first] = asked.keys
  if (first === undefined) return 'serve'
  const slot = keySlot(first)
  const owner = state.table.ownerOf(slot)
  if (!owner) return 'unbound'
  if (asked.keys.some((key) => keySlot(key) !== slot)) return 'crossSlot'
  const down = state.health === 'fail'
  if (down && asked.shardChannels && !state.allowsShardChannelsWhenDown) return 'down'
  if (down && !asked.shardChannels && !state.allowsReadsWhenDown) return 'down'
  if (down && !asked.shardChannels && asked.isWrite) return 'readsOnly'
  const { table } = state
  const mine = owner === table.myself
  const migrating = mine && table.migrating.has(slot)
  const importing = !migrating && table.importing.has(slot)
  if ((migrating || importing) && asked.movesKeys) return 'serve'
  const present = asked.shardChannels ? asked.keys.length : asked.countPresent(asked.keys)
  const missing = asked.keys.length - present
  if (migrating && missing > 0) return present > 0 ? 'tryAgain' : `ask ${table.migrating.get(slot)?.id}`
  if (importing && asked.asking) return new Set(asked.keys).size > 1 && missing > 0 ? 'tryAgain' : 'serve'
  const follows = table.myself.primary === owner
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

/** What a waiting client is told, in the words of `clusterRedirectBlockedClientIfNeeded` of Redis 7.0. */
const waitingModel = (slot: number, mayReadHere: boolean, { table, health }: RoutingState): string => {
  if (health === 'fail') return 'down'
  const owner = table.ownerOf(slot)
  const node = mayReadHere && owner !== undefined && table.myself.primary === owner ? table.myself : owner
  if (node === table.myself || table.importing.has(slot)) return 'serve'
  return node === undefined ? 'unbound' : `moved ${node.id}`
}

describe('routing', () => {
  test('decides as the table of Redis does, in every combination', () => {
    const keys = fc.array(fc.constantFrom('{a}', '{a}1', '{b}', '{b}1', '{c}', 'lonely'), { maxLength: 4 })
    const marked = fc.constantFrom<readonly string[]>([], ['{a}'], ['{b}'], ['{a}', '{b}'])
    const requests = fc.record({
      keys,
      readOnly: fc.boolean(),
      isWrite: fc.boolean(),
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
      allowsReadsWhenDown: fc.boolean(),
      allowsShardChannelsWhenDown: fc.boolean(),
    })
    fc.assert(
      fc.property(requests, states, ({ present, ...asked }, { me, migrating, importing, unbound, ...settings }) => {
        const state = stateOf(me, settings as Partial<RoutingState>)
        const { table } = state
        const other = table.node(idOf(me === 2 ? 1 : 2))!
        for (const key of unbound) table.removeSlot(keySlot(key))
        for (const key of migrating) table.migrating.set(keySlot(key), other)
        for (const key of importing) table.importing.set(keySlot(key), other)
        const whole: RoutingRequest = {
          ...asked,
          countPresent: (wanted) => wanted.filter((key) => present.includes(key)).length,
        }
        expect(summary(route(whole, state))).toBe(model(whole, state))
        if (isServedAnyway(whole.keys, state)) expect(model(whole, state)).toBe('serve')
        for (const firstKey of asked.keys.slice(0, 1)) {
          const { isWrite, clientReadsReplicas } = asked
          expect(summary(routeWaiting({ firstKey, isWrite, clientReadsReplicas }, state))).toBe(
            waitingModel(keySlot(firstKey), clientReadsReplicas && !isWrite, state),
          )
        }
      }),
      { numRuns: 2000 },
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
  test.each([
    ['ip', 'shard.example', 'MOVED 1 127.0.0.1:7002'],
    ['hostname', 'shard.example', 'MOVED 1 shard.example:7002'],
    ['hostname', '', 'MOVED 1 ?:7002'],
    ['unknown-endpoint', 'shard.example', 'MOVED 1 :7002'],
  ])('names a node by its %s when its hostname is %j', (endpointType, hostname, text) => {
    const node = nodeOf(2)
    node.hostname = hostname
    expect(redirectionError({ type: 'moved', slot: 1, node }, endpointType)?.message).toBe(text)
  })
})
