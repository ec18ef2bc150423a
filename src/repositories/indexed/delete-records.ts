import type { Connection, Script } from '../../connections/connection.js'
import type { ModelSchema } from '../../schema/model-schema.js'
import type { Criterion } from '../criteria.js'
import { idOf } from '../record-keys.js'
import { list, valueOfOutcome } from '../replies.js'
import type { DeleteOutcome, RecordKey } from '../repository.js'
import { conflictOf } from './change-record.js'
import { executeGuarded } from './guarded-calls.js'
import { BATCH_RECORDS, callAtKey, callInBatches } from './keyed-calls.js'
import { partitionOfKey, partitionsOf } from './layout.js'
import { locateRecords } from './locate-records.js'
import { clearScript, deleteIfScript, deleteScript } from './scripts/record-scripts.js'
import { sendWrite } from './send-write.js'
import { deleteIfArguments, indexArguments } from './write-arguments.js'

/** Removes records, those alone that fulfil the condition, if there is one; true where this call removed one. */
export async function deleteRecords(
  connection: Connection,
  schema: ModelSchema,
  keys: readonly RecordKey[],
  condition: Criterion | undefined,
): Promise<readonly boolean[]> {
  const script = condition === undefined ? deleteScript : deleteIfScript
  const head = condition === undefined ? indexArguments(schema) : deleteIfArguments(schema, condition, false)
  const replies = await callInBatches(connection, schema, keys, script, head)
  const absent = keys.filter((key, index) => partitionOfKey(schema, key) === null && Number(replies[index]) === 0)
  if (absent.length === 0) return replies.map((reply) => Number(reply) === 1)
  // What moved between the look for it and the script is looked for again.
  const elsewhere = await locateRecords(connection, schema, absent.map(idOf), BATCH_RECORDS)
  return Promise.all(
    keys.map(async (key, index) => {
      if (Number(replies[index]) !== 0 || !elsewhere.has(idOf(key))) return Number(replies[index]) === 1
      return Number(await deleteOne(connection, schema, key, script, head)) === 1
    }),
  )
}

/** Removes a record if it fulfils the condition; otherwise returns it. */
export async function deleteRecordIf(
  connection: Connection,
  schema: ModelSchema,
  key: RecordKey,
  condition: Criterion,
): Promise<DeleteOutcome> {
  const head = deleteIfArguments(schema, condition, true)
  const reply = await deleteOne(connection, schema, key, deleteIfScript, head)
  if (Array.isArray(reply)) return conflictOf(idOf(key), reply)
  return Number(reply) === 1 ? 'deleted' : 'missing'
}

/** Removes all records of a model and its indexes; the number of records. */
export async function clearRecords(connection: Connection, schema: ModelSchema): Promise<number> {
  let removed = 0
  let left = [...partitionsOf(schema)]
  while (left.length > 0) {
    const args = [...indexArguments(schema), BATCH_RECORDS]
    const calls = left.map((partition) => ({ partition, script: clearScript, args }))
    const replies = (await executeGuarded(connection, schema, calls)).map(valueOfOutcome).map(list)
    for (const [count] of replies) removed += Number(count)
    left = left.filter((_, index) => Number(replies[index]?.[1]) === 1)
  }
  return removed
}

function deleteOne(
  connection: Connection,
  schema: ModelSchema,
  key: RecordKey,
  script: Script,
  head: readonly (string | number)[],
): Promise<unknown> {
  return callAtKey(
    connection,
    schema,
    key,
    async (partition) => list(await sendWrite(connection, schema, partition, script, [...head, idOf(key)]))[0],
    (reply) => Number(reply) === 0,
  )
}
