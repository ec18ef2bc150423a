import { addInt64, wrapInt64 } from '../../int64.js'
import type { Consumer, ConsumerGroup, PendingEntry } from '../../keyspace/consumer-group.js'
import { compareIds, FIRST_ID, idText, type StreamId } from '../../keyspace/stream-id.js'
import type { StreamValue } from '../../keyspace/stream-value.js'
import type { StoredValue } from '../../keyspace/value.js'
import type { Reply } from '../../resp/reply.js'
import { wireError } from '../../wire-errors.js'
import { argument, int64Argument, integerArgument, optionAt, untilNul } from '../arguments.js'
import { defineCommand, keyRange } from '../command.js'
import type { CommandContext } from '../context.js'
import { consumerFor } from './consumers.js'
import { entryReply } from './entry-reply.js'
import { GroupEffects } from './group-effects.js'
import { idArgument, parseId } from './id-arguments.js'
import { noSuchKeyOrGroup } from './pending.js'
import { streamOf } from './read-request.js'

const BAD_MIN_IDLE = wireError('ERR Invalid min-idle-time argument for XCLAIM')
const BAD_IDLE = wireError('ERR Invalid IDLE option argument for XCLAIM')
const BAD_TIME = wireError('ERR Invalid TIME option argument for XCLAIM')
const BAD_RETRY_COUNT = wireError('ERR Invalid RETRYCOUNT option argument for XCLAIM')

interface ClaimRequest {
  readonly ids: readonly StreamId[]
  readonly minIdleMs: number
  readonly deliveredAtMs: number
  /** Null: one more than before. */
  readonly deliveryCount: number | bigint | null
  readonly lastId: StreamId
  readonly force: boolean
  readonly justId: boolean
}

/** A time of delivery that makes no sense, such as one that is still to come, is taken for the present. */
const sensibleTime = (time: number, nowMs: number): number => (time < 0 || time > nowMs ? nowMs : time)

const readClaim = (argv: readonly string[], nowMs: number): ClaimRequest => {
  const minIdleMs = Math.max(0, integerArgument(argument(argv, 4), BAD_MIN_IDLE))
  const ids: StreamId[] = []
  let at = 5
  for (; at < argv.length; at++) {
    const id = parseId(argument(argv, at))
    if (id === undefined) break
    ids.push(id)
  }
  let deliveredAtMs = nowMs
  let deliveryCount: number | bigint | null = null
  let lastId = FIRST_ID
  let force = false
  let justId = false
  for (; at < argv.length; at++) {
    const hasMore = at + 1 < argv.length
    const option = optionAt(argv, at)
    if (option === 'FORCE') force = true
    else if (option === 'JUSTID') justId = true
    else if (option === 'IDLE' && hasMore) deliveredAtMs = nowMs - integerArgument(argument(argv, ++at), BAD_IDLE)
    else if (option === 'TIME' && hasMore) deliveredAtMs = integerArgument(argument(argv, ++at), BAD_TIME)
    else if (option === 'RETRYCOUNT' && hasMore) {
      const count = int64Argument(argument(argv, ++at), BAD_RETRY_COUNT)
      deliveryCount = count < 0 ? null : count
    } else if (option === 'LASTID' && hasMore) lastId = idArgument(argument(argv, ++at))
    else throw wireError(`ERR Unrecognized XCLAIM option '${untilNul(argument(argv, at))}'`)
  }
  deliveredAtMs = sensibleTime(deliveredAtMs, nowMs)
  return { ids, minIdleMs, deliveredAtMs, deliveryCount, lastId, force, justId }
}

/** One more delivery, in 64 bits. */
export const countDelivery = (entry: PendingEntry): void => {
  entry.deliveryCount = addInt64(entry.deliveryCount, 1) ?? wrapInt64(BigInt(entry.deliveryCount) + 1n)
}

/** The group that a claim is about, of the value at its key. @throws WireError without it */
export const groupToClaim = (
  value: StoredValue | undefined,
  argv: readonly string[],
): { readonly stream: StreamValue; readonly group: ConsumerGroup } => {
  const stream = streamOf(value)
  const group = stream?.group(argument(argv, 2))
  if (stream === undefined || group === undefined) throw noSuchKeyOrGroup(argument(argv, 1), argument(argv, 2))
  return { stream, group }
}

/** Makes `entry`, or a new one with `id`, pending for `consumer`. @returns it, unless it is not to be claimed */
const takeOver = (
  group: ConsumerGroup,
  id: StreamId,
  entry: PendingEntry | undefined,
  consumer: () => Consumer,
  request: ClaimRequest,
  nowMs: number,
): PendingEntry | undefined => {
  if (entry === undefined && !request.force) return undefined
  if (entry !== undefined && request.minIdleMs > 0 && nowMs - entry.deliveredAtMs < request.minIdleMs) return undefined
  const taken = entry ?? group.addPending(id, consumer(), nowMs)
  group.reassign(taken, consumer())
  taken.deliveredAtMs = request.deliveredAtMs
  if (request.deliveryCount !== null) taken.deliveryCount = request.deliveryCount
  else if (!request.justId) countDelivery(taken)
  return taken
}

const claim = (context: CommandContext, argv: readonly string[]): Reply => {
  const { db } = context
  const { nowMs } = db
  const key = argument(argv, 1)
  const { stream, group } = groupToClaim(db.getCounted(key), argv)
  const request = readClaim(argv, nowMs)
  const effects = new GroupEffects(context, key, group)
  let movedAlone = compareIds(request.lastId, group.lastId) > 0
  if (movedAlone) group.lastId = request.lastId
  let own: Consumer | undefined
  const consumer = (): Consumer => (own ??= consumerFor(db, key, group, argument(argv, 3)).consumer)
  const replies: Reply[] = []
  request.ids.forEach((id, index) => {
    const spelling = argument(argv, 5 + index)
    const pending = group.pending.get(id)
    const [entry] = stream.range(id, id, 1)
    const taken = entry && takeOver(group, id, pending, consumer, request, nowMs)
    // What is pending for an entry that is gone goes too; the effect that replicas get of it is the claim.
    const gone = entry === undefined ? pending : undefined
    if (gone !== undefined) group.removePending(gone)
    const effect = taken ?? gone
    if (effect === undefined) return
    effects.claimed(effect, spelling)
    movedAlone = false
    db.changedAside(key)
    if (entry !== undefined) replies.push(request.justId ? idText(id) : entryReply(entry))
  })
  if (movedAlone) {
    effects.moved()
    db.changedAside(key)
  }
  return replies
}

export const xclaim = defineCommand({
  name: 'xclaim',
  arity: -6,
  flags: ['write', 'fast'],
  keySpecs: [keyRange(['RW', 'update'], 1)],
  categories: ['stream'],
  tips: ['nondeterministic_output'],
  group: 'stream',
  since: '5.0.0',
  complexity: 'O(log N) for each id, with N entries pending',
  summary: 'Makes pending entries those of another consumer',
  arguments: [
    { name: 'key', type: 'key', keySpecIndex: 0 },
    { name: 'group', type: 'string' },
    { name: 'consumer', type: 'string' },
    { name: 'min-idle-time', type: 'string' },
    { name: 'ID', type: 'string', multiple: true },
    { name: 'ms', type: 'integer', token: 'IDLE', optional: true },
    { name: 'unix-time-milliseconds', type: 'unix-time', token: 'TIME', optional: true },
    { name: 'count', type: 'integer', token: 'RETRYCOUNT', optional: true },
    { name: 'force', type: 'pure-token', token: 'FORCE', optional: true },
    { name: 'justid', type: 'pure-token', token: 'JUSTID', optional: true },
    { name: 'id', type: 'string', token: 'LASTID', optional: true },
  ],
  run: claim,
})
