import type { PendingEntry } from '../keyspace/consumer-group.js'
import type { IdTable } from '../keyspace/id-table.js'
import { idBytes, type StreamId } from '../keyspace/stream-id.js'
import type { StreamValue } from '../keyspace/stream-value.js'
import type { RdbWriter } from './rdb-writer.js'

/** How many pending entries are written at a time. */
const STEP = 512

/** Writes a stream as redis-server 7.0 would, without its type, step by step. Source: `rdbSaveObject` in its `rdb.c`. */
export function* streamSteps(out: RdbWriter, stream: StreamValue): Generator<void, void> {
  out.size(stream.nodeCount)
  for (const node of stream.nodes()) {
    out.string(idBytes(node.id))
    out.string(node.listpack)
    yield
  }
  out.size(stream.size)
  writeId(out, stream.lastId)
  writeId(out, stream.firstId)
  writeId(out, stream.maxDeletedId)
  out.size(unsigned(stream.entriesAdded))
  out.size(stream.groupCount)
  for (const group of stream.groups()) {
    out.string(group.name)
    writeId(out, group.lastId)
    out.size(unsigned(group.entriesRead))
    yield* pendingSteps(out, group.pending, true)
    out.size(group.consumerCount)
    for (const consumer of group.consumers()) {
      out.string(consumer.name)
      out.time(consumer.seenAtMs)
      yield* pendingSteps(out, consumer.pending, false)
    }
  }
}

function* pendingSteps(out: RdbWriter, entries: IdTable<PendingEntry>, withDeliveries: boolean): Generator<void, void> {
  out.size(entries.size)
  let written = 0
  for (const { id, deliveredAtMs, deliveryCount } of entries) {
    out.text(idBytes(id))
    if (withDeliveries) {
      out.time(deliveredAtMs)
      out.size(unsigned(deliveryCount))
    }
    if (++written % STEP === 0) yield
  }
}

const writeId = (out: RdbWriter, { ms, seq }: StreamId): void => {
  out.size(ms)
  out.size(seq)
}

/** A signed integer of 64 bits as an unsigned one, as files hold it. */
const unsigned = (value: number | bigint): number | bigint => (value < 0 ? BigInt.asUintN(64, BigInt(value)) : value)
