import type { Connection } from '../../connections/connection.js'
import type { ModelSchema } from '../../schema/model-schema.js'
import { extremeOf } from '../aggregate-in-memory.js'
import type { Aggregation, Criterion } from '../criteria.js'
import { DecimalSum } from '../decimal-sum.js'
import { fieldOf } from '../fields.js'
import { list, text } from '../replies.js'
import type { AggregateResult, QueryTrace } from '../repository.js'
import { foldPartitions } from './count-records.js'
import { indexKind } from './index-plan.js'
import { describePlan } from './plan-text.js'
import type { ScriptBudget } from './script-budget.js'
import { aggregateScript } from './scripts/aggregate-script.js'
import { noTrace, questionOf, selectRecords, traceOf } from './select-records.js'

/** Records whose value is read in one round trip, where an extreme has no index. */
const PAGE = 1000

/** The driver of values that were counted in their indexes. */
const FROM_INDEX = -2

/** The sum of an attribute is added up beside the data; an extreme is the first row in the order of the attribute. */
export async function aggregateRecords(
  connection: Connection,
  schema: ModelSchema,
  where: Criterion,
  of: Aggregation,
  budget: ScriptBudget,
): Promise<AggregateResult> {
  if (of.type === 'sum') return sum(connection, schema, where, of.attribute, budget)
  const declared = schema.attributes.get(of.attribute)
  const isOrdered =
    of.attribute === schema.keyName || (declared?.index?.range === true && declared.cast.order !== 'none')
  return isOrdered
    ? firstInOrder(connection, schema, where, of, budget)
    : extremeOfAll(connection, schema, where, of, budget)
}

/**
 * Counts the matching records by the values of an attribute, beside the data: without conditions from the sizes of the indexes of
 * its values, where all are known, or from runs of its range index.
 */
export async function countRecordsBy(
  connection: Connection,
  schema: ModelSchema,
  where: Criterion,
  attribute: string,
  budget: ScriptBudget,
): Promise<{ readonly counts: ReadonlyMap<string | null, number>; readonly trace: QueryTrace }> {
  const counts = new Map<string | null, number>()
  const isWhole = where.type === 'all' && where.of.length === 0
  const question = questionOf(connection, schema, where, isWhole ? [{ attribute, direction: 'asc' }] : [])
  if (question.asked.length === 0) return { counts, trace: noTrace }
  const add = (value: string | null, count: number) => {
    if (count > 0) counts.set(value, (counts.get(value) ?? 0) + count)
  }
  const declared = schema.attributes.get(attribute)
  const values = (isWhole && declared?.cast.values) || []
  const head = [
    'values',
    attribute,
    isWhole && declared !== undefined ? indexKind(declared) : '-',
    String(values.length),
  ]
  const call = (args: readonly string[]) => ({ script: aggregateScript, args: [...head, ...values, ...args] })
  const driver = await foldPartitions(question, budget, call, ([without, found, numbers, ...resume]) => {
    add(null, Number(without))
    const times = list(numbers)
    for (const [index, value] of list(found).entries()) add(text(value), Number(times[index]))
    return resume
  })
  const plan =
    driver === FROM_INDEX
      ? `the values in the index of ${attribute}; ${question.asked.length} partitions`
      : describePlan(question.condition, [], { number: driver, ordered: true }, question.asked.length)
  return { counts, trace: traceOf(connection, question.asked, question.asker, plan) }
}

async function sum(
  connection: Connection,
  schema: ModelSchema,
  where: Criterion,
  attribute: string,
  budget: ScriptBudget,
): Promise<AggregateResult> {
  const question = questionOf(connection, schema, where)
  if (question.asked.length === 0) return { count: 0, value: '0', trace: noTrace }
  let count = 0
  const total = new DecimalSum()
  const call = (args: readonly string[]) => ({ script: aggregateScript, args: ['sum', attribute, '-', '0', ...args] })
  const driver = await foldPartitions(question, budget, call, ([counted, double, wholes, fractions, ...resume]) => {
    count += Number(counted)
    for (const [index, part] of list(wholes).entries()) total.addUnits(BigInt(text(part)) * 10n ** BigInt(7 * index), 0)
    for (const [index, part] of list(fractions).entries()) total.addUnits(BigInt(text(part)), 7 * (index + 1))
    if (double !== '') total.addDouble(doubleOf(text(double)))
    return resume
  })
  const plan = describePlan(question.condition, [], { number: driver, ordered: true }, question.asked.length)
  return { count, value: total.text, trace: traceOf(connection, question.asked, question.asker, plan) }
}

async function firstInOrder(
  connection: Connection,
  schema: ModelSchema,
  where: Criterion,
  { type, attribute }: Extreme,
  budget: ScriptBudget,
): Promise<AggregateResult> {
  const isKey = attribute === schema.keyName
  const hasValue: Criterion = { type: 'notEquals', attribute, value: null }
  const { records, trace } = await selectRecords(
    connection,
    schema,
    {
      where: isKey ? where : { type: 'all', of: [where, hasValue] },
      order: [{ attribute, direction: type === 'min' ? 'asc' : 'desc' }],
      limit: 1,
      offset: 0,
      after: null,
      fields: isKey ? [] : [attribute],
    },
    budget,
  )
  const [record] = records
  const value = record === undefined ? null : isKey ? record.id : fieldOf(record.fields, attribute)
  return { count: record === undefined ? 0 : 1, value, trace }
}

async function extremeOfAll(
  connection: Connection,
  schema: ModelSchema,
  where: Criterion,
  of: Extreme,
  budget: ScriptBudget,
): Promise<AggregateResult> {
  let best: string | null = null
  let [roundTrips, commands] = [0, 0]
  let page: Awaited<ReturnType<typeof selectRecords>> | null = null
  do {
    const after = page?.positions.at(-1) ?? null
    const criteria = { where, order: [], limit: PAGE, offset: 0, after, fields: [of.attribute] }
    page = await selectRecords(connection, schema, criteria, budget)
    const values = page.records.map((record) => fieldOf(record.fields, of.attribute)).filter((value) => value !== null)
    best = extremeOf(schema, of, best === null ? values : [best, ...values])
    roundTrips += page.trace.roundTrips
    commands += page.trace.commands
  } while (page.hasMore)
  return { count: best === null ? 0 : 1, value: best, trace: { ...page.trace, roundTrips, commands } }
}

type Extreme = Extract<Aggregation, { readonly type: 'min' | 'max' }>

function doubleOf(given: string): number {
  if (given.endsWith('inf')) return given.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  return Number(given)
}
