import type { CompositeSchema, ModelSchema } from '../../schema/model-schema.js'
import { compareBytes } from '../byte-order.js'
import type { Bound, Criterion } from '../criteria.js'
import { rankingOf } from '../evaluate.js'
import { compositeLabel, encodeSegments } from './index-plan.js'

/** A criterion about one attribute. */
export type Leaf = Exclude<Criterion, { readonly type: 'all' | 'any' | 'not' }>

/** Values of several attributes together, found in their composite index. */
export interface CompositeNode {
  readonly type: 'composite'
  readonly attributes: readonly string[]
  readonly label: string
  readonly values: readonly (readonly (string | null)[])[]
  readonly segments: readonly string[]
}

/** A simplified criterion: only ranges and patterns are negated, an `all` holds no `all` and an `any` no `any`. */
export type Node =
  | { readonly type: 'all' | 'any'; readonly of: readonly Node[] }
  | { readonly type: 'not'; readonly of: Leaf }
  | CompositeNode
  | Leaf

/** Combinations of values that are looked up in a composite index at most. */
const MOST_COMBINATIONS = 8

/**
 * A criterion in a form that indexes answer best, true of the same records: negations are moved to the attributes, ranges
 * over one attribute are joined, equalities that a composite index holds become one. True: all records fulfil it, false: none.
 */
export function simplify(
  schema: ModelSchema,
  where: Criterion,
  composites: readonly CompositeSchema[],
  negated = false,
): Node | boolean {
  switch (where.type) {
    case 'not':
      return simplify(schema, where.of, composites, !negated)
    case 'all':
    case 'any': {
      const parts = where.of.map((part) => simplify(schema, part, composites, negated))
      return (where.type === 'all') === negated ? anyOf(parts) : allOf(schema, parts, composites)
    }
    default:
      return simplifyLeaf(schema, where, negated)
  }
}

/** The ids to which a condition confines records; null: any. */
export function idsOf(schema: ModelSchema, node: Node): readonly string[] | null {
  switch (node.type) {
    case 'all': {
      const lists = node.of.map((part) => idsOf(schema, part)).filter((ids) => ids !== null)
      const [first, ...others] = lists
      if (first === undefined) return null
      const sets = others.map((ids) => new Set(ids))
      return [...new Set(first)].filter((id) => sets.every((ids) => ids.has(id)))
    }
    case 'any': {
      const union = new Set<string>()
      for (const part of node.of) {
        const ids = idsOf(schema, part)
        if (ids === null) return null
        for (const id of ids) union.add(id)
      }
      return [...union]
    }
    case 'equals':
      return node.attribute === schema.keyName && node.value !== null ? [node.value] : null
    case 'in':
      return node.attribute === schema.keyName ? node.values.filter((value) => value !== null) : null
    case 'composite':
    case 'not':
    case 'notEquals':
    case 'notIn':
    case 'range':
    case 'like':
      return null
    default:
      throw new TypeError(`Unknown criterion: ${JSON.stringify(node satisfies never)}`)
  }
}

function anyOf(parts: readonly (Node | boolean)[]): Node | boolean {
  if (parts.includes(true)) return true
  const nodes = parts.flatMap((part) => (typeof part === 'boolean' ? [] : part.type === 'any' ? part.of : [part]))
  const joined = joinValues(nodes)
  const [only, ...others] = joined
  if (only === undefined) return false
  return others.length === 0 ? only : { type: 'any', of: joined }
}

/** Equalities with one attribute of which any may hold are one list. */
function joinValues(nodes: readonly Node[]): readonly Node[] {
  const joined: Node[] = []
  const places = new Map<string, number>()
  for (const node of nodes) {
    const values = valuesOf(node)
    if (values === null || (node.type !== 'equals' && node.type !== 'in')) {
      joined.push(node)
      continue
    }
    const { attribute } = node
    const place = places.get(attribute)
    const earlier = place === undefined ? undefined : valuesOf(joined[place])
    if (place === undefined || !earlier) {
      places.set(attribute, joined.length)
      joined.push(node)
    } else {
      joined[place] = { type: 'in', attribute, values: [...new Set([...earlier, ...values])] }
    }
  }
  return joined
}

function allOf(
  schema: ModelSchema,
  parts: readonly (Node | boolean)[],
  composites: readonly CompositeSchema[],
): Node | boolean {
  if (parts.includes(false)) return false
  const nodes = parts.flatMap((part) => (typeof part === 'boolean' ? [] : part.type === 'all' ? part.of : [part]))
  const joined = joinEqualities(composites, joinRanges(schema, nodes))
  const [only, ...others] = joined
  if (only === undefined) return true
  return others.length === 0 ? only : { type: 'all', of: joined }
}

function joinRanges(schema: ModelSchema, nodes: readonly Node[]): readonly Node[] {
  const joined: Node[] = []
  const places = new Map<string, number>()
  for (const node of nodes) {
    const place = node.type === 'range' ? places.get(node.attribute) : undefined
    const earlier = place === undefined ? undefined : joined[place]
    if (place !== undefined && earlier?.type === 'range' && node.type === 'range') {
      const compare = comparerOf(schema, node.attribute)
      const min = tighter(earlier.min, node.min, compare)
      const max = tighter(earlier.max, node.max, (left, right) => compare(right, left))
      joined[place] = { ...earlier, ...(min && { min }), ...(max && { max }) }
    } else {
      if (node.type === 'range') places.set(node.attribute, joined.length)
      joined.push(node)
    }
  }
  return joined
}

/** Replaces equalities by composite indexes, those of the most attributes first. */
function joinEqualities(composites: readonly CompositeSchema[], nodes: readonly Node[]): readonly Node[] {
  let left = nodes
  const longestFirst = [...composites].sort((one, other) => other.attributes.length - one.attributes.length)
  for (const composite of longestFirst) {
    const used = composite.attributes.map(({ name }) => left.find((node) => isEquality(node, name)))
    const choices = used.map((node) => valuesOf(node))
    const known = choices.filter((values) => values !== null)
    const combinations = known.reduce((product, values) => product * values.length, 1)
    if (known.length < choices.length || combinations > MOST_COMBINATIONS) continue
    const values = known.reduce<(string | null)[][]>(
      (lists, some) => lists.flatMap((list) => some.map((value) => [...list, value])),
      [[]],
    )
    const attributes = composite.attributes.map(({ name }) => name)
    const label = compositeLabel(composite)
    const joined: CompositeNode = { type: 'composite', attributes, label, values, segments: values.map(encodeSegments) }
    left = [joined, ...left.filter((node) => !used.includes(node))]
  }
  return left
}

function isEquality(node: Node, attribute: string): boolean {
  return (node.type === 'equals' || node.type === 'in') && node.attribute === attribute
}

function valuesOf(node: Node | undefined): readonly (string | null)[] | null {
  return node?.type === 'equals' ? [node.value] : node?.type === 'in' ? node.values : null
}

function simplifyLeaf(schema: ModelSchema, leaf: Leaf, negated: boolean): Node | boolean {
  const isKey = leaf.attribute === schema.keyName
  switch (leaf.type) {
    case 'equals':
    case 'notEquals':
      return valueList(leaf.attribute, isKey, [leaf.value], (leaf.type === 'notEquals') !== negated)
    case 'in':
    case 'notIn':
      return valueList(leaf.attribute, isKey, leaf.values, (leaf.type === 'notIn') !== negated)
    case 'like': {
      const { parts } = leaf.pattern
      if (parts.length <= 1) return valueList(leaf.attribute, isKey, [parts[0] ?? ''], negated)
      return negated ? { type: 'not', of: leaf } : leaf
    }
    case 'range':
      return negated ? { type: 'not', of: leaf } : leaf
    default:
      throw new TypeError(`Unknown criterion: ${JSON.stringify(leaf satisfies never)}`)
  }
}

function valueList(
  attribute: string,
  isKey: boolean,
  given: readonly (string | null)[],
  negated: boolean,
): Node | boolean {
  const values = [...new Set(isKey ? given.filter((value) => value !== null) : given)]
  const [value] = values
  if (value === undefined) return negated
  if (values.length === 1) return { type: negated ? 'notEquals' : 'equals', attribute, value }
  return { type: negated ? 'notIn' : 'in', attribute, values }
}

/** The lower end that excludes more; with `compare` reversed, the upper. */
function tighter(
  left: Bound | undefined,
  right: Bound | undefined,
  compare: (left: string, right: string) => number,
): Bound | undefined {
  if (left === undefined || right === undefined) return left ?? right
  const difference = compare(left.value, right.value)
  if (difference === 0) return left.inclusive ? right : left
  return difference > 0 ? left : right
}

function comparerOf(schema: ModelSchema, attribute: string): (left: string, right: string) => number {
  const ranking = rankingOf(schema, attribute)
  return ranking.by === 'text'
    ? compareBytes
    : (left, right) => Math.sign(ranking.rank(left) - ranking.rank(right)) || 0
}
