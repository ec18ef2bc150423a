import type { Connection } from '../../connections/connection.js'
import type { ModelSchema } from '../../schema/model-schema.js'
import type { Criteria } from '../criteria.js'
import { list } from '../replies.js'
import type { QueryPlan } from '../repository.js'
import { slotOf } from './layout.js'
import { describePlan, testedBy } from './plan-text.js'
import { projectionOf } from './projection.js'
import type { ScriptBudget } from './script-budget.js'
import { placeArguments, scriptOrder } from './script-order.js'
import { planScript } from './scripts/plan-script.js'
import { questionOf } from './select-records.js'
import { ownersOf } from './slot-owners.js'

/** How `selectRecords` would answer: the planner's decision in each partition, with the sizes of the indexes at this moment. */
export async function explainSelection(
  connection: Connection,
  schema: ModelSchema,
  criteria: Criteria,
  budget: ScriptBudget,
): Promise<QueryPlan> {
  const { condition, asked, asker } = questionOf(connection, schema, criteria.where, criteria.order)
  if (asked.length === 0 || criteria.limit === 0) return nothing
  const form = scriptOrder(schema, criteria.order)
  const { names } = projectionOf(schema, criteria.fields, form.attributes)
  const want = criteria.limit === null ? Number.MAX_SAFE_INTEGER : criteria.offset + criteria.limit
  const head = [budget.candidates, budget.chunk, Math.ceil(want / asked.length), names.length, ...names]
  const place = [...form.args, ...placeArguments(form, null), '']
  const replies = await asker.ask(
    asked.map(({ partition, args }) => {
      return { partition, script: planScript, args: [...head, ...place, ...args], rows: Math.ceil(want / asked.length) }
    }),
  )
  const answers = replies.map(list)
  // Expired records went, and there may be more: what these partitions would say is missing.
  if (answers.some(([state]) => state === 'again')) return explainSelection(connection, schema, criteria, budget)
  const plans = answers.map((reply) => reply.slice(1).map(Number))
  const [first = []] = plans
  const [number = 0, ordered, leading] = plans.find(([driver]) => driver === commonest(plans)) ?? first
  const slots = [...new Set(asked.map(({ partition }) => slotOf(connection, partition)))].sort((a, b) => a - b)
  const isIds = number > condition.parts.length
  const ordering = ordered ? 'index' : leading ? 'first of several by index' : 'sorted'
  return {
    access: isIds ? 'keys' : number === 0 && (condition.parts.length > 0 || !ordered) ? 'walk' : 'index',
    plan: describePlan(condition, criteria.order, { number, ordered: ordered === 1 }, asked.length),
    tested: testedBy(condition, number),
    ordering,
    candidates: total(plans, 3),
    estimatedRows: total(plans, 4),
    slots,
    nodes: await ownersOf(connection, slots),
    commands: asker.commands,
  }
}

const nothing: QueryPlan = {
  access: 'none',
  plan: 'nothing can match',
  tested: [],
  ordering: 'index',
  candidates: 0,
  estimatedRows: 0,
  slots: [],
  nodes: [],
  commands: 0,
}

function total(plans: readonly (readonly number[])[], place: number): number {
  return plans.reduce((sum, plan) => sum + (plan[place] ?? 0), 0)
}

/** The driver that most partitions choose: each by its own numbers. */
function commonest(plans: readonly (readonly number[])[]): number {
  const counts = new Map<number, number>()
  for (const [driver = 0] of plans) counts.set(driver, (counts.get(driver) ?? 0) + 1)
  const [first] = [...counts].sort(([, left], [, right]) => right - left)
  return first?.[0] ?? 0
}
