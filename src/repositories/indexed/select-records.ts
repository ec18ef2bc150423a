import type { Connection } from '../../connections/connection.js'
import type { ModelSchema } from '../../schema/model-schema.js'
import type { Criteria, Criterion } from '../criteria.js'
import { recordOrder } from '../record-order.js'
import { list, text, valueOfOutcome } from '../replies.js'
import type { QueryTrace, RecordPage } from '../repository.js'
import { askedPartitions } from './asked-partitions.js'
import { type CompiledCondition, compileCondition, conditionArguments } from './compile-condition.js'
import { type Partition, slotOf } from './layout.js'
import { mergeStreams } from './merge-streams.js'
import { type DriverChoice, PartitionStream, scriptOrder } from './partition-stream.js'
import { describePlan } from './plan-text.js'
import type { ScriptBudget } from './script-budget.js'
import { countScript } from './scripts/count-script.js'

/**
 * Answers a query from the indexes: one script call in each partition that can hold an answer, then a merge of the
 * partitions' rows by order. A partition is asked again when its rows have run out before the page is full.
 * An error of any partition is the query's.
 */
export async function selectRecords(
  connection: Connection,
  schema: ModelSchema,
  criteria: Criteria,
  budget: ScriptBudget,
): Promise<RecordPage> {
  const condition = compileCondition(schema, criteria.where)
  if (!condition.possible || criteria.limit === 0) return { records: [], positions: [], hasMore: false, trace: noTrace }
  const order = recordOrder(schema, criteria.order)
  const form = scriptOrder(schema, criteria.order)
  const streams = partitionsAsked(schema, criteria.where, condition).map(({ partition, args }) => {
    return new PartitionStream(partition, order, form, args, criteria.after)
  })
  const end = criteria.limit === null ? Number.POSITIVE_INFINITY : criteria.offset + criteria.limit
  const { rows, roundTrips } = await mergeStreams(connection, streams, order, end + 1, budget)
  const page = rows.slice(criteria.offset, end)
  return {
    records: page.map((row) => row.record),
    positions: page.map((row) => order.positionOf(row.record, row.createdAtMs)),
    hasMore: rows.length > end,
    trace: {
      slots: slotsOf(connection, streams),
      roundTrips,
      commands: roundTrips * streams.length,
      plan: describePlan(condition, criteria.order, commonest(streams), streams.length),
    },
  }
}

/**
 * Counts records. From the size of one index, where that answers; else candidates are tested beside the data, 10,000 in
 * a call. Each call is exact for its moment.
 */
export async function countRecords(
  connection: Connection,
  schema: ModelSchema,
  where: Criterion,
  budget: ScriptBudget,
): Promise<{ readonly count: number; readonly trace: QueryTrace }> {
  const condition = compileCondition(schema, where)
  if (!condition.possible) return { count: 0, trace: noTrace }
  let waiting = partitionsAsked(schema, where, condition).map((asked) => ({ ...asked, resume: [''] }))
  const slots = slotsOf(connection, waiting)
  const partitions = waiting.length
  let driver: DriverChoice | null = null
  let count = 0
  let roundTrips = 0
  let commands = 0
  while (waiting.length > 0) {
    const outcomes = await connection.execute(
      waiting.map(({ partition, resume, args }) => {
        return {
          type: 'script',
          script: countScript,
          keys: partition.keys,
          args: [budget.candidates, budget.chunk, ...resume, ...args],
        }
      }),
    )
    roundTrips++
    commands += waiting.length
    const unfinished: typeof waiting = []
    for (const [index, asked] of waiting.entries()) {
      const [state, number, counted, ...resume] = list(valueOfOutcome(outcomes[index]))
      if (state !== 'again') {
        count += Number(counted)
        driver ??= { number: Number(number), ordered: true }
      }
      if (state === 'more') unfinished.push({ ...asked, resume: ['r', ...resume.map(text)] })
      else if (state === 'again') unfinished.push(asked)
    }
    waiting = unfinished
  }
  return { count, trace: { slots, roundTrips, commands, plan: describePlan(condition, [], driver, partitions) } }
}

const noTrace: QueryTrace = { slots: new Set(), roundTrips: 0, commands: 0, plan: 'nothing can match' }

/** What most partitions walked: each chooses by its own numbers. */
function commonest(streams: readonly PartitionStream[]): DriverChoice | null {
  const counts = new Map<number, { readonly driver: DriverChoice; count: number }>()
  for (const { driver } of streams) {
    if (driver === null) continue
    const counted = counts.get(driver.number) ?? { driver, count: 0 }
    counted.count++
    counts.set(driver.number, counted)
  }
  const [first] = [...counts.values()].sort((left, right) => right.count - left.count)
  return first?.driver ?? null
}

/** The partitions that can hold an answer, with the arguments of the condition in each. */
function partitionsAsked(
  schema: ModelSchema,
  where: Criterion,
  condition: CompiledCondition,
): { readonly partition: Partition; readonly args: readonly string[] }[] {
  return askedPartitions(schema, where, condition.ids).map(({ partition, ids }) => {
    return { partition, args: conditionArguments(condition.parts, ids) }
  })
}

function slotsOf(connection: Connection, asked: readonly { readonly partition: Partition }[]): ReadonlySet<number> {
  return new Set(asked.map(({ partition }) => slotOf(connection, partition)))
}
