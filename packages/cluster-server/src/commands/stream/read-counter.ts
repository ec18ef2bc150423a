import { wrapInt64 } from '../../int64.js'
import type { ConsumerGroup } from '../../keyspace/consumer-group.js'
import { compareIds, isZero, type StreamId } from '../../keyspace/stream-id.js'
import type { StreamValue } from '../../keyspace/stream-value.js'

/** Stands for a number of entries that is not known. */
export const UNKNOWN_COUNT = -1

const difference = (one: number | bigint, other: number | bigint): number | bigint =>
  wrapInt64(BigInt(one) - BigInt(other))

/** Whether an entry from `from` on was removed by XDEL, as far as the stream remembers. */
export const hasGapFrom = (stream: StreamValue, from: StreamId): boolean => {
  const { size, maxDeletedId, firstId } = stream
  if (size === 0 || isZero(maxDeletedId) || compareIds(firstId, maxDeletedId) > 0) return false
  return compareIds(from, maxDeletedId) <= 0
}

/**
 * How many entries there have ever been up to `id`: known of the last entry and of what lies behind it in an empty
 * stream, and of the first entry and of what lies before it while nothing was removed by XDEL from the first entry on.
 * Source of the rules: `streamEstimateDistanceFromFirstEverEntry` in `t_stream.c` of Redis 7.0.
 */
export const countUpTo = (stream: StreamValue, id: StreamId): number | bigint => {
  const { entriesAdded, size, lastId, firstId, maxDeletedId } = stream
  if (entriesAdded === 0) return 0
  const order = compareIds(id, lastId)
  if ((size === 0 && order < 0) || order === 0) return entriesAdded
  if (order > 0) return UNKNOWN_COUNT
  if (!isZero(maxDeletedId) && compareIds(maxDeletedId, firstId) >= 0) return UNKNOWN_COUNT
  const place = compareIds(id, firstId)
  if (place > 0) return UNKNOWN_COUNT
  return difference(entriesAdded, place < 0 ? size : size - 1)
}

/** How many entries a group has still to read; null when that is not known. */
export const lagOf = (stream: StreamValue, group: ConsumerGroup): number | bigint | null => {
  if (stream.entriesAdded === 0) return 0
  if (group.entriesRead !== UNKNOWN_COUNT && !hasGapFrom(stream, group.lastId)) {
    return difference(stream.entriesAdded, group.entriesRead)
  }
  const read = countUpTo(stream, group.lastId)
  return read === UNKNOWN_COUNT ? null : difference(stream.entriesAdded, read)
}
