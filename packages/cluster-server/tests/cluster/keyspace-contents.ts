import type { ConsumerGroup } from '../../src/keyspace/consumer-group.js'
import type { Database } from '../../src/keyspace/database.js'
import { FIRST_ID, LAST_ID } from '../../src/keyspace/stream-id.js'
import type { StreamValue } from '../../src/keyspace/stream-value.js'
import type { StoredValue } from '../../src/keyspace/value.js'
import type { Node } from '../../src/server/node.js'

/** Everything that a node holds, by database and key; comparable between nodes. */
export const contentsOf = (node: Node): Record<string, unknown>[] =>
  node.server.databases.map((database) => {
    database.nowMs = node.server.clock.nowMs()
    return contentsOfDatabase(database)
  })

const contentsOfDatabase = (database: Database): Record<string, unknown> =>
  Object.fromEntries(
    [...database.entries()]
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([key, value]) => [key, { deadlineMs: database.deadline(key), value: inOrder(value) }]),
  )

/** Sets and hashes have no order: their members are sorted. */
const inOrder = (value: StoredValue): unknown => {
  if (typeof value === 'string') return value
  switch (value.type) {
    case 'string':
      return value.text
    case 'hash': {
      const values = value.values()
      return value
        .fields()
        .map((field, index) => [field, values[index]])
        .sort(([one = ''], [other = '']) => (one < other ? -1 : 1))
    }
    case 'list':
      return value.slice(0, value.size)
    case 'set':
      return [...value.members()].sort()
    case 'zset':
      return value.slice(0, value.size)
    case 'stream':
      return { ...streamFacts(value), entries: value.range(FIRST_ID, LAST_ID), groups: value.groups().map(groupFacts) }
    default:
      return value satisfies never
  }
}

const streamFacts = ({ firstId, lastId, maxDeletedId, entriesAdded }: StreamValue): object => {
  return { firstId, lastId, maxDeletedId, entriesAdded }
}

/** How many entries it read, replicas do not hear, as with Redis. */
const groupFacts = ({ name, lastId, pending }: ConsumerGroup): object => ({
  name,
  lastId,
  pending: Array.from(pending, ({ id, consumer, deliveryCount }) => ({ id, consumer: consumer.name, deliveryCount })),
})
