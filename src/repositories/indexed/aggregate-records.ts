import type { Connection } from '../../connections/connection.js'
import type { ModelSchema } from '../../schema/model-schema.js'
import { aggregateInMemory, countByInMemory } from '../aggregate-in-memory.js'
import type { Aggregation, Criterion } from '../criteria.js'
import type { AggregateResult } from '../repository.js'
import type { ScriptBudget } from './script-budget.js'
import { selectRecords } from './select-records.js'

/** Computes an aggregation of the matching records. */
export async function aggregateRecords(
  connection: Connection,
  schema: ModelSchema,
  where: Criterion,
  of: Aggregation,
  budget: ScriptBudget,
): Promise<AggregateResult> {
  const { records, trace } = await selectRecords(connection, schema, { ...whole, where }, budget)
  return { ...aggregateInMemory(schema, records, where, of), trace }
}

/** Counts the matching records by the values of an attribute. */
export async function countRecordsBy(
  connection: Connection,
  schema: ModelSchema,
  where: Criterion,
  attribute: string,
  budget: ScriptBudget,
) {
  const { records, trace } = await selectRecords(connection, schema, { ...whole, where }, budget)
  return { counts: countByInMemory(schema, records, where, attribute), trace }
}

const whole = { order: [], limit: null, offset: 0, after: null } as const
