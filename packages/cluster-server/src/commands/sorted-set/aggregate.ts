import { comesBefore, type ScoredMembers } from '../../keyspace/ordered-entries.js'
import type { SetValue } from '../../keyspace/set-value.js'
import type { SortedSetValue } from '../../keyspace/sorted-set-value.js'

/** How the scores of one member in several sets become one. */
export type Aggregate = 'SUM' | 'MIN' | 'MAX'

/** An input of ZUNION and its like; undefined is empty, and the members of a plain set have the score 1. */
export interface WeightedSet {
  readonly set: SortedSetValue | SetValue | undefined
  readonly weight: number
}

const EMPTY: ScoredMembers = { members: [], scores: [] }

const sizeOf = ({ set }: WeightedSet): number => set?.size ?? 0

const entriesOf = (set: SortedSetValue | SetValue | undefined): ScoredMembers => {
  if (!set) return EMPTY
  if (set.type === 'zset') return set.slice(0, set.size)
  const members = set.members()
  return { members, scores: members.map(() => 1) }
}

const scoreIn = (set: SortedSetValue | SetValue | undefined, member: string): number | undefined => {
  if (set?.type === 'zset') return set.score(member)
  return set?.has(member) ? 1 : undefined
}

const weighted = (score: number, weight: number): number => {
  const product = score * weight
  return Number.isNaN(product) ? 0 : product
}

/** Hazard: the comparisons decide what a NaN, infinity times 0, does; `Math.min` would answer NaN. */
const combine = (a: number, b: number, aggregate: Aggregate): number => {
  switch (aggregate) {
    case 'MIN':
      if (b < a) return b
      return a
    case 'MAX':
      if (b > a) return b
      return a
    case 'SUM':
      return Number.isNaN(a + b) ? 0 : a + b
    default:
      return aggregate satisfies never
  }
}

const ordered = (scores: ReadonlyMap<string, number>): ScoredMembers => {
  const entries = [...scores]
  entries.sort(([a, scoreA], [b, scoreB]) => (comesBefore(scoreA, a, scoreB, b) ? -1 : 1))
  return { members: entries.map(([member]) => member), scores: entries.map(([, score]) => score) }
}

/** Sums depend on their order: Redis goes from the smallest set to the largest. */
const fromSmallest = (inputs: readonly WeightedSet[]): WeightedSet[] =>
  [...inputs].sort((a, b) => sizeOf(a) - sizeOf(b))

/** Members of any input, in order. */
export const unionOf = (inputs: readonly WeightedSet[], aggregate: Aggregate): ScoredMembers => {
  const result = new Map<string, number>()
  for (const { set, weight } of fromSmallest(inputs)) {
    const { members, scores } = entriesOf(set)
    members.forEach((member, index) => {
      const score = weighted(scores[index] ?? 0, weight)
      const before = result.get(member)
      result.set(member, before === undefined ? score : combine(before, score, aggregate))
    })
  }
  return ordered(result)
}

/** Members of all inputs, in order; at most `limit` of them, found in no particular order. */
export const intersectionOf = (
  inputs: readonly WeightedSet[],
  aggregate: Aggregate,
  limit = Infinity,
): ScoredMembers => {
  const [smallest, ...others] = fromSmallest(inputs)
  if (!smallest) return EMPTY
  const result = new Map<string, number>()
  const { members, scores } = entriesOf(smallest.set)
  members.forEach((member, index) => {
    if (result.size >= limit) return
    let score: number | undefined = weighted(scores[index] ?? 0, smallest.weight)
    for (const { set, weight } of others) {
      const other = scoreIn(set, member)
      if (other === undefined) return
      score = combine(score, other * weight, aggregate)
    }
    result.set(member, score)
  })
  return ordered(result)
}

/** Members of the first input that no other has, with their scores in the first, in order. */
export const differenceOf = ([first, ...others]: readonly WeightedSet[]): ScoredMembers => {
  const result = new Map<string, number>()
  const { members, scores } = entriesOf(first?.set)
  members.forEach((member, index) => {
    if (others.every(({ set }) => scoreIn(set, member) === undefined)) result.set(member, scores[index] ?? 0)
  })
  return ordered(result)
}
