import type { Connection } from '../../connections/connection.js'
import type { ModelSchema } from '../../schema/model-schema.js'
import type { Criteria } from '../criteria.js'
import type { QueryPlan } from '../repository.js'
import type { ScriptBudget } from './script-budget.js'
import { selectRecords } from './select-records.js'

/** How a selection would go. */
export async function explainSelection(
  connection: Connection,
  schema: ModelSchema,
  criteria: Criteria,
  budget: ScriptBudget,
): Promise<QueryPlan> {
  const { trace } = await selectRecords(connection, schema, { ...criteria, limit: 1 }, budget)
  const nodes = (await connection.primaries()).map((primary) => primary.address)
  return {
    access: 'index',
    plan: trace.plan,
    tested: [],
    ordering: 'index',
    candidates: null,
    estimatedRows: null,
    slots: [...trace.slots],
    nodes,
    commands: trace.slots.size,
  }
}
