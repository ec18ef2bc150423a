import type { Connection, Script } from '../../connections/connection.js'
import type { ModelSchema } from '../../schema/model-schema.js'
import { idOf } from '../record-keys.js'
import { list, valueOfOutcome } from '../replies.js'
import type { RecordKey } from '../repository.js'
import { followRecord } from './follow-record.js'
import { executeGuarded } from './guarded-calls.js'
import { groupByPartition, type Partition, partitionOfKey, partitionOfTagText } from './layout.js'
import { locateRecords } from './locate-records.js'

/** Records of one script call or pipeline at most. */
export const BATCH_RECORDS = 250

/** Asks the partition of a record; where its tag is not known, the one that has the id, or has it by now. */
export function callAtKey<Answer>(
  connection: Connection,
  schema: ModelSchema,
  key: RecordKey,
  ask: (partition: Partition) => Promise<Answer>,
  isAbsent: (answer: Answer) => boolean,
): Promise<Answer> {
  const known = partitionOfKey(schema, key)
  if (known !== null) return ask(known)
  const locate = async () => {
    const located = await locateRecords(connection, schema, [idOf(key)], BATCH_RECORDS)
    return located.get(idOf(key)) ?? null
  }
  return followRecord(locate, partitionOfTagText(schema, null), ask, isAbsent)
}

/** Calls a script with so many ids of a partition at a time; answers run beside the keys. */
export async function callInBatches(
  connection: Connection,
  schema: ModelSchema,
  keys: readonly RecordKey[],
  script: Script,
  head: readonly (string | number)[],
): Promise<unknown[]> {
  if (keys.length === 0) return []
  const answers: unknown[] = keys.map(() => null)
  const batches = batchesOf(await partitionsOfKeys(connection, schema, keys))
  const ids = keys.map(idOf)
  const calls = batches.map(({ partition, places }) => {
    return { partition, script, args: [...head, ...places.map((place) => ids[place] ?? '')] }
  })
  const replies = (await executeGuarded(connection, schema, calls)).map(valueOfOutcome)
  for (const [index, { places }] of batches.entries()) {
    const reply = list(replies[index])
    for (const [at, place] of places.entries()) answers[place] = reply[at]
  }
  return answers
}

async function partitionsOfKeys(
  connection: Connection,
  schema: ModelSchema,
  keys: readonly RecordKey[],
): Promise<readonly Partition[]> {
  const known = keys.map((key) => partitionOfKey(schema, key))
  const missing = keys.map(idOf).filter((_, index) => known[index] === null)
  if (missing.length === 0) return known.filter((partition) => partition !== null)
  const located = await locateRecords(connection, schema, missing, BATCH_RECORDS)
  return keys.map((key, index) => known[index] ?? located.get(idOf(key)) ?? partitionOfTagText(schema, null))
}

function batchesOf(partitions: readonly Partition[]): { partition: Partition; places: number[] }[] {
  return [...groupByPartition(partitions, (partition) => partition)].flatMap(([partition, places]) => {
    const batches = []
    for (let first = 0; first < places.length; first += BATCH_RECORDS) {
      batches.push({ partition, places: places.slice(first, first + BATCH_RECORDS) })
    }
    return batches
  })
}
