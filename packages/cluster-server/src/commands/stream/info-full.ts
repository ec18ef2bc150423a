import type { Consumer, ConsumerGroup, PendingEntry } from '../../keyspace/consumer-group.js'
import { FIRST_ID, idText, LAST_ID } from '../../keyspace/stream-id.js'
import type { StreamValue } from '../../keyspace/stream-value.js'
import { MapReply, type Reply } from '../../resp/reply.js'
import { entriesReply } from './entry-reply.js'
import { lagOf, UNKNOWN_COUNT } from './read-counter.js'

/** What a group has read, as XINFO tells it; null when that is not known. */
export const entriesReadReply = ({ entriesRead }: ConsumerGroup): Reply =>
  entriesRead === UNKNOWN_COUNT ? null : entriesRead

const firstPending = (
  owner: ConsumerGroup | Consumer,
  count: number,
  describe: (entry: PendingEntry) => Reply,
): readonly Reply[] => {
  const found: Reply[] = []
  for (const entry of owner.pending) {
    if (found.length >= count) break
    found.push(describe(entry))
  }
  return found
}

const describeConsumer = (consumer: Consumer, count: number): Reply => {
  const pending = firstPending(consumer, count, ({ id, deliveredAtMs, deliveryCount }) => [
    idText(id),
    deliveredAtMs,
    deliveryCount,
  ])
  return new MapReply([
    'name',
    consumer.name,
    'seen-time',
    consumer.seenAtMs,
    'pel-count',
    consumer.pending.size,
    'pending',
    pending,
  ])
}

const describeGroup = (stream: StreamValue, group: ConsumerGroup, count: number): Reply => {
  const pending = firstPending(group, count, ({ id, consumer, deliveredAtMs, deliveryCount }) => [
    idText(id),
    consumer.name,
    deliveredAtMs,
    deliveryCount,
  ])
  return new MapReply([
    'name',
    group.name,
    'last-delivered-id',
    idText(group.lastId),
    'entries-read',
    entriesReadReply(group),
    'lag',
    lagOf(stream, group),
    'pel-count',
    group.pending.size,
    'pending',
    pending,
    'consumers',
    group.consumers().map((consumer) => describeConsumer(consumer, count)),
  ])
}

/** What XINFO STREAM FULL tells beyond the facts of the stream: its first entries, and its groups. 0: all of them. */
export const fullDetails = (stream: StreamValue, limit: number): readonly Reply[] => {
  const count = limit === 0 ? Number.POSITIVE_INFINITY : limit
  return [
    'entries',
    entriesReply(stream.range(FIRST_ID, LAST_ID, count)),
    'groups',
    stream.groups().map((group) => describeGroup(stream, group, count)),
  ]
}
