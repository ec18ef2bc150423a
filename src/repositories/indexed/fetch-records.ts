import type { Connection, Request } from '../../connections/connection.js'
import type { ModelSchema } from '../../schema/model-schema.js'
import { idOf } from '../record-keys.js'
import { texts, valueOfOutcome } from '../replies.js'
import type { RecordKey, StoredRecord } from '../repository.js'
import { BATCH_RECORDS } from './keyed-calls.js'
import { partitionOfId, recordKey } from './layout.js'
import { fetchTagged } from './locate-records.js'
import { recordOfHash } from './record-hash.js'

/** Reads records by key, null for those that are missing: one HGETALL for each, pipelined; with a hash tag see `fetchTagged`. */
export async function fetchRecords(
  connection: Connection,
  schema: ModelSchema,
  keys: readonly RecordKey[],
): Promise<readonly (StoredRecord | null)[]> {
  const records: (StoredRecord | null)[] = []
  for (let first = 0; first < keys.length; first += BATCH_RECORDS) {
    const some = keys.slice(first, first + BATCH_RECORDS)
    if (schema.hashTag !== undefined) {
      records.push(...(await fetchTagged(connection, schema, some, BATCH_RECORDS)))
      continue
    }
    const replies = await execute(
      connection,
      some.map((key): Request => {
        const id = idOf(key)
        return { type: 'command', name: 'HGETALL', keys: [recordKey(partitionOfId(schema, id), id)], args: [] }
      }),
    )
    for (const [index, key] of some.entries()) {
      records.push(recordOfHash(idOf(key), texts(replies[index]))?.record ?? null)
    }
  }
  return records
}

async function execute(connection: Connection, requests: readonly Request[]): Promise<readonly unknown[]> {
  const [only] = requests
  if (only !== undefined && requests.length === 1) return [await connection.send(only)]
  return (await connection.execute(requests)).map(valueOfOutcome)
}
