import { idText } from '../keyspace/stream-id.js'
import type { StreamValue } from '../keyspace/stream-value.js'

/**
 * The commands that make a copy of a stream from nothing. What is pending though its entry is gone is left out, as in
 * the append-only file of Redis: there is no command for it.
 */
export function* rebuildStream(key: string, stream: StreamValue): Generator<string[]> {
  // A stream may be empty, and still there: it is made by an entry that does not stay.
  if (stream.size === 0) yield ['XADD', key, 'MAXLEN', '0', '0-1', 'x', 'y']
  for (const node of stream.nodes()) {
    for (const { id, content } of node.entries()) yield ['XADD', key, idText(id), ...content]
  }
  const deleted = idText(stream.maxDeletedId)
  const added = String(stream.entriesAdded)
  yield ['XSETID', key, idText(stream.lastId), 'ENTRIESADDED', added, 'MAXDELETEDID', deleted]
  for (const group of stream.groups()) {
    yield ['XGROUP', 'CREATE', key, group.name, idText(group.lastId), 'ENTRIESREAD', String(group.entriesRead)]
    for (const { name } of group.consumers()) yield ['XGROUP', 'CREATECONSUMER', key, group.name, name]
    for (const { id, consumer, deliveredAtMs, deliveryCount } of group.pending) {
      const claim = ['XCLAIM', key, group.name, consumer.name, '0', idText(id), 'TIME', String(deliveredAtMs)]
      yield [...claim, 'RETRYCOUNT', String(deliveryCount), 'JUSTID', 'FORCE']
    }
  }
}
