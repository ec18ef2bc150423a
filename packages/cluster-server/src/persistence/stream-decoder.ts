import { narrowInt64 } from '../int64.js'
import type { ConsumerGroup } from '../keyspace/consumer-group.js'
import { compareIds, FIRST_ID, idFromBytes, isZero, LAST_ID, type StreamId } from '../keyspace/stream-id.js'
import { StreamNode } from '../keyspace/stream-node.js'
import { StreamValue } from '../keyspace/stream-value.js'
import { corrupt } from './rdb-error.js'
import type { RdbReader } from './rdb-reader.js'

const ID_BYTES = 16
/** The number of entries that a group has read is not known. */
const UNKNOWN_COUNT = -1

/** A delivery whose consumer is named only later. */
interface Delivery {
  readonly deliveredAtMs: number
  readonly deliveryCount: number | bigint
}

/**
 * Reads a stream; `hasCounters` tells the form of Redis 7 from the one before.
 * @throws RdbError when anything in it contradicts the rest
 */
export const readStream = (reader: RdbReader, hasCounters: boolean): StreamValue => {
  const nodes = readNodes(reader)
  const length = signed(reader.bigSize())
  const lastId = readId(reader)
  const restored = StreamValue.restored({
    nodes: nodes.values(),
    lastId,
    firstId: hasCounters ? readId(reader) : FIRST_ID,
    maxDeletedId: hasCounters ? readId(reader) : FIRST_ID,
    entriesAdded: hasCounters ? signed(reader.bigSize()) : length,
  })
  // Without entries Redis takes the end of all ids, and shows it until one is added.
  if (!hasCounters) restored.firstId = restored.range(FIRST_ID, LAST_ID, 1)[0]?.id ?? LAST_ID
  if (length !== 0 && nodes.size === 0) throw corrupt('Stream length inconsistent with rax entries')
  for (let left = reader.size(); left > 0; left--) readGroup(reader, restored, hasCounters)
  return restored
}

const readNodes = (reader: RdbReader): Map<string, StreamNode> => {
  const nodes = new Map<string, StreamNode>()
  for (let left = reader.size(); left > 0; left--) {
    const key = reader.string()
    if (key.length !== ID_BYTES) throw corrupt('Stream node key entry is not the size of a stream ID')
    const node = StreamNode.fromListpack(idFromBytes(key), reader.string())
    if (node === undefined) throw corrupt('Stream listpack integrity check failed.')
    if (nodes.has(key)) throw corrupt('Listpack re-added with existing key')
    nodes.set(key, node)
  }
  return nodes
}

const readGroup = (reader: RdbReader, stream: StreamValue, hasCounters: boolean): void => {
  const name = reader.string()
  const lastId = readId(reader)
  const entriesRead = hasCounters ? signed(reader.bigSize()) : estimateRead(stream, lastId)
  const group = stream.addGroup(name, lastId, entriesRead)
  if (group === undefined) throw corrupt(`Duplicated consumer group name ${name}`)
  const deliveries = new Map<string, Delivery>()
  for (let left = reader.size(); left > 0; left--) {
    const id = reader.text(ID_BYTES)
    if (deliveries.has(id)) throw corrupt('Duplicated global PEL entry loading stream consumer group')
    deliveries.set(id, { deliveredAtMs: reader.time(), deliveryCount: signed(reader.bigSize()) })
  }
  for (let left = reader.size(); left > 0; left--) readConsumer(reader, group, deliveries)
  if (group.pending.size !== deliveries.size) throw corrupt('Stream CG PEL entry without consumer')
}

const readConsumer = (reader: RdbReader, group: ConsumerGroup, deliveries: ReadonlyMap<string, Delivery>): void => {
  const name = reader.string()
  if (group.consumer(name) !== undefined) throw corrupt('Duplicate stream consumer detected.')
  const consumer = group.addConsumer(name, reader.time())
  for (let left = reader.size(); left > 0; left--) {
    const bytes = reader.text(ID_BYTES)
    const delivery = deliveries.get(bytes)
    const id = idFromBytes(bytes)
    if (delivery === undefined) throw corrupt('Consumer entry not found in group global PEL')
    if (group.pending.get(id) !== undefined)
      throw corrupt('Duplicated consumer PEL entry loading a stream consumer group')
    group.addPending(id, consumer, delivery.deliveredAtMs, delivery.deliveryCount)
  }
}

/**
 * How many entries a group of an older file has read up to `id`, where that follows from the stream.
 * Source: `streamEstimateDistanceFromFirstEverEntry` of Redis 7.0.15.
 */
const estimateRead = (stream: StreamValue, id: StreamId): number | bigint => {
  const { entriesAdded, lastId, firstId, maxDeletedId, size } = stream
  const order = compareIds(id, lastId)
  if (entriesAdded === 0) return 0
  if (order === 0 || (size === 0 && order < 0)) return entriesAdded
  if (order > 0) return UNKNOWN_COUNT
  if (!isZero(maxDeletedId) && compareIds(maxDeletedId, firstId) >= 0) return UNKNOWN_COUNT
  const orderOfFirst = compareIds(id, firstId)
  if (orderOfFirst > 0) return UNKNOWN_COUNT
  return narrowInt64(BigInt(entriesAdded) - BigInt(size) + (orderOfFirst === 0 ? 1n : 0n))
}

const readId = (reader: RdbReader): StreamId => {
  const ms = reader.bigSize()
  return { ms, seq: reader.bigSize() }
}

/** A signed integer of 64 bits from the unsigned one that a file has. */
const signed = (value: number | bigint): number | bigint =>
  typeof value === 'number' ? value : narrowInt64(BigInt.asIntN(64, value))
