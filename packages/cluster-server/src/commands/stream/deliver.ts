import { addInt64, wrapInt64 } from '../../int64.js'
import type { ConsumerGroup } from '../../keyspace/consumer-group.js'
import { compareIds, FIRST_ID, followingId, idText, LAST_ID, type StreamId } from '../../keyspace/stream-id.js'
import type { StreamEntry } from '../../keyspace/stream-node.js'
import type { StreamValue } from '../../keyspace/stream-value.js'
import { NULL_ARRAY, type Reply } from '../../resp/reply.js'
import type { CommandContext } from '../context.js'
import { consumerFor } from './consumers.js'
import { entriesReply, entryReply } from './entry-reply.js'
import { GroupEffects } from './group-effects.js'
import { countUpTo, hasGapFrom, UNKNOWN_COUNT } from './read-counter.js'
import type { Reader } from './read-request.js'

/** A stream that is read for a consumer of one of its groups. */
export interface GroupRead {
  readonly context: CommandContext
  readonly key: string
  readonly stream: StreamValue
  readonly group: ConsumerGroup
  readonly reader: Reader
  /** 0: no limit. */
  readonly count: number
}

const limitOf = (count: number): number => (count === 0 ? Number.POSITIVE_INFINITY : count)

const startAfter = (id: StreamId): StreamId => followingId(id) ?? FIRST_ID

/** Entries after `after` without a group. */
export const entriesAfter = (stream: StreamValue, after: StreamId, count: number): Reply =>
  entriesReply(stream.range(startAfter(after), LAST_ID, limitOf(count)))

/** Hands over what the group has not delivered yet. */
export const deliverNew = (read: GroupRead): Reply => {
  const { context, key, stream, group, reader, count } = read
  const { db } = context
  const effects = new GroupEffects(context, key, group)
  const { consumer, isNew } = consumerFor(db, key, group, reader.consumer)
  if (isNew && !reader.acknowledges) effects.consumerMade(consumer.name)
  const entries = stream.range(startAfter(group.lastId), LAST_ID, limitOf(count))
  for (const { id } of entries) {
    advance(stream, group, id)
    if (!reader.acknowledges) continue
    const known = group.pending.get(id)
    if (known !== undefined) {
      group.reassign(known, consumer)
      known.deliveredAtMs = db.nowMs
      known.deliveryCount = 1
    }
    effects.claimed(known ?? group.addPending(id, consumer, db.nowMs))
  }
  if (!reader.acknowledges && entries.length > 0) effects.moved()
  db.changedAside(key)
  return entriesReply(entries)
}

/** Notes that the group delivered `id`, which comes after what it delivered before. */
const advance = (stream: StreamValue, group: ConsumerGroup, id: StreamId): void => {
  if (group.entriesRead !== UNKNOWN_COUNT && !hasGapFrom(stream, id)) {
    group.entriesRead = addInt64(group.entriesRead, 1) ?? wrapInt64(BigInt(group.entriesRead) + 1n)
  } else if (stream.entriesAdded !== 0) group.entriesRead = countUpTo(stream, id)
  group.lastId = id
}

/** Hands over again what is pending for the consumer after `after`; an entry that is gone has no content. */
export const deliverHistory = (read: GroupRead, after: StreamId): Reply => {
  const { context, key, stream, group, reader, count } = read
  const { db } = context
  const effects = new GroupEffects(context, key, group)
  const { consumer, isNew } = consumerFor(db, key, group, reader.consumer)
  if (isNew && !reader.acknowledges) effects.consumerMade(consumer.name)
  const replies: Reply[] = []
  for (const pending of consumer.pending.from(startAfter(after))) {
    if (replies.length >= limitOf(count)) break
    const entry: StreamEntry | undefined = stream.range(pending.id, pending.id, 1)[0]
    if (entry === undefined) replies.push([idText(pending.id), NULL_ARRAY])
    else {
      pending.deliveredAtMs = db.nowMs
      pending.deliveryCount = addInt64(pending.deliveryCount, 1) ?? wrapInt64(BigInt(pending.deliveryCount) + 1n)
      replies.push(entryReply(entry))
    }
  }
  db.changedAside(key)
  return replies
}

/** Whether there is an entry after `after`. */
export const hasEntryAfter = (stream: StreamValue, after: StreamId): boolean => {
  const last = stream.lastLiveId()
  return last !== undefined && compareIds(last, after) > 0
}
