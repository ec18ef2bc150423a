import type { Connection } from '../../connections/connection.js'
import type { CompositeSchema, ModelSchema } from '../../schema/model-schema.js'
import type { Criteria, Criterion, Order, Position } from '../criteria.js'
import { recordOrder } from '../record-order.js'
import type { QueryTrace, RecordPage } from '../repository.js'
import { askedPartitions } from './asked-partitions.js'
import { type CompiledCondition, compileCondition, conditionArguments } from './compile-condition.js'
import { compositeName, neededIndexes } from './index-needs.js'
import { isKnownReady } from './known-definitions.js'
import { type Partition, partitionsOf, slotOf } from './layout.js'
import { mergeStreams } from './merge-streams.js'
import { PartitionAsker } from './partition-asker.js'
import { type DriverChoice, PartitionStream } from './partition-stream.js'
import { describePlan } from './plan-text.js'
import { mostRows, projectionOf } from './projection.js'
import { quickRows } from './quick-page.js'
import type { ScriptBudget } from './script-budget.js'
import { scriptOrder } from './script-order.js'

/** A question as it is put to the partitions. */
export interface PartitionQuestion {
  readonly condition: CompiledCondition
  /** The partitions that can hold an answer, with the arguments of the condition in each; none where nothing can match. */
  readonly asked: readonly { readonly partition: Partition; readonly args: readonly string[] }[]
  readonly asker: PartitionAsker
}

/** Compiles a condition with the composite indexes that are ready, and finds the partitions to ask. */
export function questionOf(
  connection: Connection,
  schema: ModelSchema,
  where: Criterion,
  order: readonly Order[] = [],
): PartitionQuestion {
  const composites = readyComposites(connection, schema)
  const condition = compileCondition(schema, where, composites)
  const partitions = condition.possible ? askedPartitions(schema, where, condition.ids) : []
  const asked = partitions.map(({ partition, ids }) => ({ partition, args: conditionArguments(condition.parts, ids) }))
  const needs = neededIndexes(schema, where, order, composites)
  return { condition, asked, asker: new PartitionAsker(connection, schema, needs) }
}

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
  const { condition, asked, asker } = questionOf(connection, schema, criteria.where, criteria.order)
  if (asked.length === 0 || criteria.limit === 0) return { records: [], positions: [], hasMore: false, trace: noTrace }
  const order = recordOrder(schema, criteria.order)
  const form = scriptOrder(schema, criteria.order)
  const projection = projectionOf(schema, criteria.fields, form.attributes)
  const end = criteria.limit === null ? Number.POSITIVE_INFINITY : criteria.offset + criteria.limit
  const isCut = (rows: { readonly length: number }) => rows.length > end || criteria.offset > 0
  const traced = (driver: DriverChoice | null) => {
    return traceOf(connection, asked, asker, describePlan(condition, criteria.order, driver, asked.length))
  }
  // Of rows of several partitions it does not tell the partition, which decides between records of one id and one creation.
  const tie = order.hasTies ? asked[0]?.partition.number : undefined
  const quick =
    order.hasTies && asked.length > 1
      ? null
      : await quickRows(connection, { criteria, condition, asked, asker, form, projection }, budget)
  if (quick !== null) {
    const { records, times, driver } = quick
    const shown = isCut(records) ? records.slice(criteria.offset, end) : records
    let positions: readonly Position[] | null = null
    return {
      records: shown,
      // Few ask for them.
      get positions() {
        positions ??= shown.map((record, place) => order.positionOf(record, times[criteria.offset + place] ?? 0, tie))
        return positions
      },
      hasMore: records.length > end,
      trace: traced({ number: driver, ordered: true }),
    }
  }
  const question = { order, form, projection, after: criteria.after }
  const streams = asked.map(({ partition, args }) => new PartitionStream(partition, question, args))
  const rows = await mergeStreams(asker, streams, order, end + 1, budget, mostRows(projection))
  const page = isCut(rows) ? rows.slice(criteria.offset, end) : rows
  return {
    records: page.map((row) => row.record),
    positions: page.map((row) => row.position),
    hasMore: rows.length > end,
    trace: traced(commonest(streams)),
  }
}

/** What a question cost. */
export function traceOf(
  connection: Connection,
  asked: readonly { readonly partition: Partition }[],
  { roundTrips, commands }: PartitionAsker,
  plan: string,
): QueryTrace {
  const slots = new Set(asked.map(({ partition }) => slotOf(connection, partition)))
  return { slots, roundTrips, commands, plan }
}

/** The trace of a question that asks nobody. */
export const noTrace: QueryTrace = { slots: new Set(), roundTrips: 0, commands: 0, plan: 'nothing can match' }

function readyComposites(connection: Connection, schema: ModelSchema): readonly CompositeSchema[] {
  if (schema.composites.length === 0) return schema.composites
  const partitions = partitionsOf(schema)
  return schema.composites.filter(({ attributes }) => {
    return isKnownReady(connection, schema, partitions, compositeName(attributes))
  })
}

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
