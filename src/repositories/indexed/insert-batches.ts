import type { Connection } from '../../connections/connection.js'
import { ActiveRedisError } from '../../errors/active-redis-error.js'
import type { ModelSchema } from '../../schema/model-schema.js'
import { list } from '../replies.js'
import type { NewRecord } from '../repository.js'
import { InsertRows } from './insert-rows.js'
import { groupByPartition, type Partition, partitionOfRecord } from './layout.js'
import { clockScript } from './scripts/clock-script.js'
import { insertScript } from './scripts/insert-script.js'
import { sendWrite } from './send-write.js'

/** Rows of one script call at most: two to four milliseconds of the server. */
const BATCH_ROWS = 200
/** Characters of one script call at most, unless a single row has more. */
const BATCH_CHARACTERS = 512 * 1024
/** Script calls on their way at a time. */
const CALLS_IN_FLIGHT = 12

/**
 * Inserts rows in batches, one script call for up to 200 rows of one partition. A batch that fails fails its own rows; a row
 * that cannot be sent at all fails alone.
 *
 * All rows have one time of creation, so that in order of creation they follow each other by id, whatever their partition:
 * a page takes an even share of each.
 */
export async function insertBatches(
  connection: Connection,
  schema: ModelSchema,
  records: readonly NewRecord[],
): Promise<('inserted' | 'duplicate' | Error)[]> {
  const outcomes: ('inserted' | 'duplicate' | Error)[] = new Array(records.length)
  const batches = batchesOf(schema, records, outcomes)
  // Made before the clock is asked: its answer waits for what the server does already, and then the server for these.
  const ready = Array.from({ length: CALLS_IN_FLIGHT }, () => batches.next())
  const createdAtMs = await clockOf(connection, schema, records)
  const send = async (first: IteratorResult<Batch, void>) => {
    for (let next = first; !next.done; next = batches.next()) {
      const batch = next.value
      try {
        const args = batch.rows.args({ replace: false, ...(createdAtMs !== null && { createdAtMs }) })
        const reply = list(await sendWrite(connection, schema, batch.partition, insertScript, args))
        for (const [index, place] of batch.places.entries()) {
          outcomes[place] = Number(reply[index]) === 1 ? 'inserted' : 'duplicate'
        }
      } catch (error) {
        const failure = error instanceof Error ? error : new Error(String(error))
        for (const place of batch.places) outcomes[place] = failure
      }
    }
  }
  await Promise.all(ready.map(send))
  return outcomes
}

/** The time in ms on the server of the first row; null where it does not answer, and then each call has its own. */
async function clockOf(
  connection: Connection,
  schema: ModelSchema,
  [first]: readonly NewRecord[],
): Promise<number | null> {
  if (first === undefined) return null
  const { keys } = partitionOfRecord(schema, first)
  const [outcome] = await connection.execute([{ type: 'script', script: clockScript, keys, args: [] }])
  return outcome?.ok ? Number(outcome.value) : null
}

interface Batch {
  readonly partition: Partition
  readonly places: number[]
  readonly rows: InsertRows
}

/** Makes batches as they are asked for, in turn over the partitions, so that all nodes have work. */
function* batchesOf(
  schema: ModelSchema,
  records: readonly NewRecord[],
  outcomes: (string | Error)[],
): Generator<Batch, void> {
  const queues = [...groupByPartition(records, (record) => partitionOfRecord(schema, record))].map(
    ([partition, places]) => {
      return { partition, places, next: 0 }
    },
  )
  while (queues.some((queue) => queue.next < queue.places.length)) {
    for (const queue of queues) {
      const batch: Batch = { partition: queue.partition, places: [], rows: new InsertRows(schema) }
      while (batch.rows.length < BATCH_ROWS && batch.rows.characters < BATCH_CHARACTERS) {
        const place = queue.places[queue.next++]
        const record = place === undefined ? undefined : records[place]
        if (place === undefined || record === undefined) break
        addRow(batch, place, record, outcomes)
      }
      if (batch.places.length > 0) yield batch
    }
  }
}

function addRow(batch: Batch, place: number, record: NewRecord, outcomes: (string | Error)[]): void {
  try {
    batch.rows.add(record)
    batch.places.push(place)
  } catch (error) {
    if (!(error instanceof ActiveRedisError)) throw error
    outcomes[place] = error
  }
}
