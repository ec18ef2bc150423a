import type { Connection, ReplicaWait } from '../../connections/connection.js'
import type { ModelSchema } from '../../schema/model-schema.js'
import { defineScript } from '../define-script.js'
import { InsertRows } from '../indexed/insert-rows.js'
import { groupByPartition, partitionOfRecord, partitionsOf } from '../indexed/layout.js'
import { insertScript } from '../indexed/scripts/insert-script.js'
import { sendWrite } from '../indexed/send-write.js'
import { lua } from '../lua.js'
import { list, valueOfOutcome } from '../replies.js'
import type { NewRecord, StoredRecord } from '../repository.js'
import { scriptFunction } from '../script-function.js'

/** A record on its way, with the time of its creation. */
export interface ArrivingRecord extends NewRecord {
  readonly createdAtMs: number
}

/**
 * How an arrival ended. `already`: the record arrived before, and what is at home now is the truth, be it nothing.
 * `taken`: another record, that never arrived from the old layout, has its id.
 */
export type ArrivalOutcome = 'arrived' | 'already' | 'taken'

/**
 * Stores a record in the new layout, once and for all: in one step with its entries the partition notes its id in `%arrived`,
 * and a record that is noted there never arrives again, so that one that was deleted meanwhile stays deleted.
 * With `wait` it throws `ReplicationError` where replicas do not have it in time, also if it arrived before: the copy in the old
 * layout must stay, because it may be the only one after a failover.
 */
export async function arrive(
  connection: Connection,
  schema: ModelSchema,
  record: ArrivingRecord,
  wait: ReplicaWait | null,
): Promise<ArrivalOutcome> {
  const confirming = wait === null ? null : connection.confirmedWrites(wait)
  const rows = new InsertRows(schema)
  rows.add(record)
  const args = [...rows.args({ replace: false, createdAtMs: record.createdAtMs }), record.id]
  const partition = partitionOfRecord(schema, record)
  const reply = Number(await sendWrite(confirming ?? connection, schema, partition, arriveScript, args))
  const shortfall = confirming?.shortfall() ?? null
  if (shortfall !== null) throw shortfall
  return reply === 1 ? 'arrived' : reply === 2 ? 'already' : 'taken'
}

/** Which of some records of the old layout have arrived in the new one; their copies in the old one count no more. */
export async function arrivedOf(
  connection: Connection,
  schema: ModelSchema,
  records: readonly StoredRecord[],
): Promise<ReadonlySet<string>> {
  const arrived = new Set<string>()
  const groups = [...groupByPartition(records, (record) => partitionOfRecord(schema, record))]
  const chunks = groups.flatMap(([{ keys }, places]) => {
    const ids = places.map((place) => records[place]?.id ?? '')
    const some = []
    for (let first = 0; first < ids.length; first += BATCH) some.push({ keys, ids: ids.slice(first, first + BATCH) })
    return some
  })
  if (chunks.length === 0) return arrived
  const outcomes = await connection.execute(
    chunks.map(({ keys, ids }) => {
      return { type: 'command', name: 'SMISMEMBER', keys: [`${keys[0]}:%arrived`], args: ids }
    }),
  )
  for (const [index, { ids }] of chunks.entries()) {
    const flags = list(valueOfOutcome(outcomes[index]))
    for (const [place, id] of ids.entries()) if (Number(flags[place]) === 1) arrived.add(id)
  }
  return arrived
}

/** Forgets what has arrived; only when the old layout is empty and nobody reads it any more. */
export async function forgetArrivals(connection: Connection, schema: ModelSchema): Promise<void> {
  const requests = partitionsOf(schema).map(({ keys }) => {
    return { type: 'command', name: 'UNLINK', keys: [`${keys[0]}:%arrived`], args: [] } as const
  })
  for (const outcome of await connection.execute(requests)) valueOfOutcome(outcome)
}

const BATCH = 1000

/** Arguments: those of an insert of one row, then its id. Returns 1 (arrived), 2 (arrived before) or 0 (the id is taken). */
const arriveScript = defineScript(
  'arrive',
  scriptFunction('insert', insertScript),
  lua`
local id, arrived = ARGV[#ARGV], KEYS[1] .. ':%arrived'
if redis.call('SISMEMBER', arrived, id) == 1 then return 2 end
local args = {}
for i = 1, #ARGV - 1 do args[i] = ARGV[i] end
local outcomes = insert(KEYS, args)
if outcomes.err then return outcomes end
if outcomes[1] == 1 then redis.call('SADD', arrived, id) end
return outcomes[1]
`,
)
