import type { Connection } from '../../connections/connection.js'
import type { ModelSchema } from '../../schema/model-schema.js'
import { keyBefore, touchesTag } from '../record-keys.js'
import type { RecordChange, UpdateOutcome } from '../repository.js'
import { changeRecord } from './change-record.js'
import { callAtKey } from './keyed-calls.js'
import { type Partition, partitionOfId, partitionOfRecord } from './layout.js'
import { moveRecord } from './move-record.js'

/** Changes a record where it is: one script call; with a new key in another partition three (`moveRecord`). */
export function updateRecord(
  connection: Connection,
  schema: ModelSchema,
  change: RecordChange,
): Promise<UpdateOutcome> {
  // Most updates: nothing to look for, and nowhere to go.
  if (schema.hashTag === undefined && (change.newId ?? change.id) === change.id) {
    return changeRecord(connection, schema, partitionOfId(schema, change.id), change)
  }
  return callAtKey(
    connection,
    schema,
    keyBefore(schema, change),
    (partition) => {
      const to = destinationOf(schema, partition, change)
      return to !== partition || (change.newId ?? change.id) !== change.id
        ? moveRecord(connection, schema, partition, to, change)
        : changeRecord(connection, schema, partition, change)
    },
    (outcome) => outcome === 'missing',
  )
}

/** Where a change leaves its record. */
function destinationOf(schema: ModelSchema, from: Partition, change: RecordChange): Partition {
  if (schema.hashTag === undefined) return partitionOfRecord(schema, { id: change.newId ?? change.id, fields: [] })
  return touchesTag(schema, change) ? partitionOfRecord(schema, { id: change.id, fields: change.set }) : from
}
