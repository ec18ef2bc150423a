import { keySlot } from '../slot.js'
import type { Route, RoutingDecision, RoutingRequest, RoutingState, WaitingRequest } from './routing.js'

const SERVE: RoutingDecision = { type: 'serve' }
const CROSS_SLOT: RoutingDecision = { type: 'crossSlot' }
const TRY_AGAIN: RoutingDecision = { type: 'tryAgain' }

/**
 * Decides as `getNodeByQuery` in cluster.c of Redis 7.0 does, in the same order:
 *
 * 1. no key: serve
 * 2. the first key's slot has no owner: clusterDown `unbound` (before a cross-slot check of the other keys)
 * 3. keys in different slots: crossSlot
 * 4. the cluster is down: clusterDown `state`, or `readsOnly` for a write where reads are allowed
 * 5. MIGRATE on a moving slot: serve
 * 6. this node gives the slot away and lacks keys: tryAgain when it holds some of them, else ask
 * 7. this node takes the slot in and the client is asking: tryAgain when several keys are not all here, else serve
 * 8. a replica of the owner, for a client that sent READONLY (or a sharded channel), unless the request writes: serve
 * 9. serve when this node owns the slot, else moved
 */
export const route: Route = (request, state) => {
  const { keys } = request
  const { table } = state
  const firstKey = keys[0]
  if (firstKey === undefined) return SERVE
  const slot = keySlot(firstKey)
  const owner = table.ownerOf(slot)
  if (owner === undefined) return { type: 'clusterDown', reason: 'unbound', slot }

  let severalKeys = false
  for (let index = 1; index < keys.length; index++) {
    const key = keys[index] as string
    if (key === firstKey) continue
    if (keySlot(key) !== slot) return CROSS_SLOT
    severalKeys = true
  }

  if (state.health !== 'ok') {
    const down = whileDown(request, state, slot)
    if (down) return down
  }

  const mine = owner === table.myself
  if (mine && table.migrating.size > 0 && table.migrating.has(slot)) {
    const leaving = whileMigrating(request, state, slot)
    if (leaving) return leaving
  } else if (table.importing.size > 0 && table.importing.has(slot)) {
    if (request.movesKeys) return SERVE
    if (request.asking) return severalKeys && missingKeys(request) > 0 ? TRY_AGAIN : SERVE
  }
  if (mine) return SERVE

  if ((request.clientReadsReplicas || request.shardChannels) && request.readOnly) {
    if (table.myself.primary === owner) return SERVE
  }
  return { type: 'moved', slot, node: owner }
}

/**
 * Whether `route` would let a request be served in any case: all keys are in one slot of this node, nothing is moving, and
 * the cluster is well. That is nearly always so, and takes no more than the slots of the keys.
 */
export const isServedAnyway = (keys: readonly string[], { table, health }: RoutingState): boolean => {
  if (health !== 'ok' || table.migrating.size + table.importing.size > 0) return false
  const firstKey = keys[0]
  if (firstKey === undefined) return true
  const slot = keySlot(firstKey)
  if (table.ownerOf(slot) !== table.myself) return false
  for (let index = 1; index < keys.length; index++) if (keySlot(keys[index] as string) !== slot) return false
  return true
}

/**
 * Decides what becomes of a client that waits for keys, as `clusterRedirectBlockedClientIfNeeded` of Redis 7.0 does:
 *
 * 1. the cluster is down: clusterDown `state`, even where reads are allowed, as only a write can end the wait
 * 2. the slot of the first key has no owner: clusterDown `unbound`
 * 3. another node owns it, and it is neither on its way here nor may be read here: moved
 * 4. serve: the client goes on waiting
 */
export const routeWaiting = (
  { firstKey, isWrite, clientReadsReplicas }: WaitingRequest,
  state: RoutingState,
): RoutingDecision => {
  const { table } = state
  const slot = keySlot(firstKey)
  if (state.health !== 'ok') return { type: 'clusterDown', reason: 'state', slot }
  const owner = table.ownerOf(slot)
  if (owner === table.myself || table.importing.has(slot)) return SERVE
  if (owner === undefined) return { type: 'clusterDown', reason: 'unbound', slot }
  if (clientReadsReplicas && !isWrite && table.myself.primary === owner) return SERVE
  return { type: 'moved', slot, node: owner }
}

/** Sharded channels hold no data: none is ever missing. */
const missingKeys = (request: RoutingRequest): number =>
  request.shardChannels ? 0 : request.keys.length - request.countPresent(request.keys)

const whileDown = (request: RoutingRequest, state: RoutingState, slot: number): RoutingDecision | undefined => {
  if (request.shardChannels) {
    return state.allowsShardChannelsWhenDown ? undefined : { type: 'clusterDown', reason: 'state', slot }
  }
  if (!state.allowsReadsWhenDown) return { type: 'clusterDown', reason: 'state', slot }
  return request.isWrite ? { type: 'clusterDown', reason: 'readsOnly', slot } : undefined
}

const whileMigrating = (request: RoutingRequest, state: RoutingState, slot: number): RoutingDecision | undefined => {
  const target = state.table.migrating.get(slot)
  if (target === undefined || request.movesKeys) return undefined
  const missing = missingKeys(request)
  if (missing === 0) return undefined
  return missing < request.keys.length ? TRY_AGAIN : { type: 'ask', slot, node: target }
}
