import type { Consumer, ConsumerGroup } from '../../keyspace/consumer-group.js'
import type { Database } from '../../keyspace/database.js'

/** The consumer that a command is for, seen now; made when there is none of this name. */
export const consumerFor = (
  db: Database,
  key: string,
  group: ConsumerGroup,
  name: string,
): { readonly consumer: Consumer; readonly isNew: boolean } => {
  const known = group.consumer(name)
  if (known !== undefined) {
    known.seenAtMs = db.nowMs
    return { consumer: known, isNew: false }
  }
  const consumer = group.addConsumer(name, db.nowMs)
  db.changedAside(key, 'xgroup-createconsumer')
  return { consumer, isNew: true }
}
