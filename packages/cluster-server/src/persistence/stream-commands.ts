import type { Consumer, ConsumerGroup } from '../keyspace/consumer-group.js'
import { idText } from '../keyspace/stream-id.js'
import type { StreamValue } from '../keyspace/stream-value.js'
import { writeCommand } from './command-writer.js'
import type { RdbWriter } from './rdb-writer.js'

/** How many pending entries are written at a time. */
const STEP = 64

/**
 * Writes the commands that make a stream, step by step. No command says when a consumer was seen last, nor can one make
 * an entry pending that is no longer in the stream: both are lost, as with Redis.
 * Source: `rewriteStreamObject` in `aof.c` of Redis 7.0.
 */
export function* streamCommands(out: RdbWriter, key: string, stream: StreamValue): Generator<void, void> {
  for (const node of stream.nodes()) {
    for (const { id, content } of node.entries()) writeCommand(out, 'XADD', key, idText(id), ...content)
    yield
  }
  // A stream without entries is one that loses its only one at once.
  if (stream.size === 0) writeCommand(out, 'XADD', key, 'MAXLEN', '0', '0-1', 'x', 'y')
  const { lastId, entriesAdded, maxDeletedId } = stream
  const counters = ['ENTRIESADDED', String(entriesAdded), 'MAXDELETEDID', idText(maxDeletedId)]
  writeCommand(out, 'XSETID', key, idText(lastId), ...counters)
  for (const group of stream.groups()) {
    const { name, entriesRead } = group
    writeCommand(out, 'XGROUP', 'CREATE', key, name, idText(group.lastId), 'ENTRIESREAD', String(entriesRead))
    for (const consumer of group.consumers()) yield* consumerCommands(out, key, group, consumer)
  }
}

function* consumerCommands(
  out: RdbWriter,
  key: string,
  group: ConsumerGroup,
  { name, pending }: Consumer,
): Generator<void, void> {
  if (pending.size === 0) writeCommand(out, 'XGROUP', 'CREATECONSUMER', key, group.name, name)
  let written = 0
  for (const { id, deliveredAtMs, deliveryCount } of pending) {
    const delivery = ['TIME', String(deliveredAtMs), 'RETRYCOUNT', String(deliveryCount)]
    writeCommand(out, 'XCLAIM', key, group.name, name, '0', idText(id), ...delivery, 'JUSTID', 'FORCE')
    if (++written % STEP === 0) yield
  }
}
