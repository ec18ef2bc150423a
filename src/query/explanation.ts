import type { QueryPlan, QueryTrace } from '../repositories/repository.js'

/** What a query did when `explain({ analyze: true })` ran it. */
export interface ActualCost {
  /** Rows that it returned, its limit applied. */
  readonly rows: number
  readonly roundTrips: number
  readonly commands: number
  readonly slots: number
  readonly durationMs: number
}

/** How a query is answered, and with `analyze` how it was: fields for programs, `toString()` for people. */
export class Explanation implements QueryPlan {
  /** Class name of the model. */
  readonly model: string
  /** Name of the repository that answers. */
  readonly repository: string
  readonly access: QueryPlan['access']
  readonly plan: string
  readonly tested: readonly string[]
  readonly ordering: QueryPlan['ordering']
  readonly candidates: number | null
  readonly estimatedRows: number | null
  readonly slots: readonly number[]
  readonly nodes: readonly string[]
  readonly commands: number
  /** Why strict mode refuses the query, and what to do; null: it does not. */
  readonly objection: string | null
  /** Null without `analyze`. */
  readonly actual: ActualCost | null

  constructor(model: string, repository: string, plan: QueryPlan, objection: string | null, actual: ActualCost | null) {
    this.model = model
    this.repository = repository
    this.access = plan.access
    this.plan = plan.plan
    this.tested = plan.tested
    this.ordering = plan.ordering
    this.candidates = plan.candidates
    this.estimatedRows = plan.estimatedRows
    this.slots = plan.slots
    this.nodes = plan.nodes
    this.commands = plan.commands
    this.objection = objection
    this.actual = actual
  }

  /** Several lines, one for each fact. */
  toString(): string {
    const lines = [
      `${this.model} in ${this.repository}: ${this.plan}`,
      `  access      ${this.access}; rows ${orderings[this.ordering]}`,
      `  candidates  ${this.candidates ?? 'unknown'}, of which about ${this.estimatedRows ?? 'an unknown number of'} match`,
      `  asks        ${counted(this.commands, 'command')} at first, ${counted(this.slots.length, 'slot')} on ${this.nodes.join(', ') || 'no server'}`,
    ]
    if (this.actual !== null) {
      const { rows, roundTrips, commands, slots, durationMs } = this.actual
      const cost = [counted(roundTrips, 'round trip'), counted(commands, 'command'), counted(slots, 'slot')].join(', ')
      lines.push(`  actual      ${counted(rows, 'row')}, ${cost}, ${durationMs.toFixed(1)} ms`)
    }
    if (this.objection !== null) lines.push(`  strict      refused: ${this.objection}`)
    return lines.join('\n')
  }
}

/** The cost of an answer with so many rows. */
export function actualCost(trace: QueryTrace, rows: number, durationMs: number): ActualCost {
  const { roundTrips, commands, slots } = trace
  return { rows, roundTrips, commands, slots: slots.size, durationMs }
}

const orderings: Readonly<Record<QueryPlan['ordering'], string>> = {
  index: 'in the order of the index',
  'first of several by index': 'in the first order by its index, ties sorted',
  sorted: 'sorted',
}

function counted(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}
