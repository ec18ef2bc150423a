import type { ReplicaReadOptions } from '../connections/connection.js'
import type { Criterion, Order } from '../repositories/criteria.js'
import type { QueryTrace } from '../repositories/repository.js'

/** Is called with every answer of a repository to a query. */
export type TraceListener = (trace: QueryTrace) => void

/** A query's state: values, never changed. */
export interface Question {
  /** What must hold: all conditions of at least one of the lists. `orWhere` begins a new list. */
  readonly conditions: readonly (readonly Criterion[])[]
  readonly order: readonly Order[]
  readonly limit: number | null
  readonly offset: number
  readonly cursor: string | null
  /** The attributes to be read; null: all. */
  readonly fields: readonly string[] | null
  readonly listeners: readonly TraceListener[]
  /** Whether the query is strict; null: as its model. */
  readonly strict: boolean | null
  /** Conditions whose value was taken for a pattern without saying so. */
  readonly wildcards: readonly string[]
  /** How replicas may answer; null: they may not. */
  readonly replicas: ReplicaReadOptions | null
}

/** The question for all records. */
export const everything: Question = {
  conditions: [[]],
  order: [],
  limit: null,
  offset: 0,
  cursor: null,
  fields: null,
  listeners: [],
  strict: null,
  wildcards: [],
  replicas: null,
}

/** What a question's conditions say. */
export function criterionOf({ conditions }: Question): Criterion {
  const lists = conditions.map(allOf)
  const [only, ...others] = lists
  return only !== undefined && others.length === 0 ? only : { type: 'any', of: lists }
}

/** All of some conditions. */
export function allOf(conditions: readonly Criterion[]): Criterion {
  const [only, ...others] = conditions
  return only !== undefined && others.length === 0 ? only : { type: 'all', of: conditions }
}

/** Whether a question has any condition. */
export function hasConditions({ conditions }: Question): boolean {
  return conditions.some((list) => list.length > 0)
}

/** A question with conditions that must hold as well as those since the last `or`; `or`: or instead of all before. */
export function withConditions(question: Question, added: readonly Criterion[], joined: 'and' | 'or'): Question {
  if (added.length === 0) return question
  const { conditions } = question
  if (joined === 'or' && hasConditions(question)) return { ...question, conditions: [...conditions, added] }
  const last = conditions.at(-1) ?? []
  return { ...question, conditions: [...conditions.slice(0, -1), [...last, ...added]] }
}

/** A question with a condition that must hold whatever `or` its others are joined by. */
export function confinedTo(question: Question, condition: Criterion): Question {
  const before = hasConditions(question) ? [criterionOf(question)] : []
  return { ...question, conditions: [[...before, condition]] }
}
