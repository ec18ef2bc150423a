import { shorten } from '../../errors/quote.js'
import { encodeSegment } from '../../schema/key-encoding.js'
import type { ModelSchema } from '../../schema/model-schema.js'
import { compareBytes } from '../byte-order.js'
import type { Bound, Criterion, TextPattern } from '../criteria.js'
import { rankingOf } from '../evaluate.js'
import { scoreText } from './score-text.js'

/** A criterion in the form of the scripts. */
export interface CompiledCondition {
  /** False: no record can fulfil it. */
  readonly possible: boolean
  /** The only ids that can fulfil it; null: any. They are not among `parts`. */
  readonly ids: readonly string[] | null
  /** What else must hold, all of it. */
  readonly parts: readonly ConditionPart[]
}

/** One condition: its script arguments, and its names for a person. */
export interface ConditionPart {
  readonly args: readonly string[]
  readonly text: string
  /** True where an index can be walked for it; the scripts number their drivers in this order. */
  readonly drives: boolean
}

/** Compiles a criterion: flattens what must all hold, joins ranges over one attribute, and takes out conditions on the id. */
export function compileCondition(schema: ModelSchema, where: Criterion): CompiledCondition {
  const leaves = joinRanges(schema, flatten(where))
  const idLists: string[][] = []
  const parts: ConditionPart[] = []
  for (const leaf of leaves) {
    const wanted = idsOf(schema, leaf)
    if (wanted !== null) {
      idLists.push(wanted)
    } else if (leaf.type === 'in' && leaf.values.length === 0) {
      return { possible: false, ids: null, parts: [] }
    } else {
      const part = compileLeaf(schema, leaf)
      if (part !== null) parts.push(part)
    }
  }
  const ids = intersection(idLists)
  return { possible: ids === null || ids.length > 0, ids, parts }
}

/** The arguments of a condition in one partition, with the ids that it may hold. */
export function conditionArguments(parts: readonly ConditionPart[], ids: readonly string[] | null): string[] {
  const all =
    ids === null ? parts.map((part) => part.args) : [['ids', ...listed(ids)], ...parts.map((part) => part.args)]
  return ['all', String(all.length), ...all.flat()]
}

function intersection(idLists: readonly (readonly string[])[]): string[] | null {
  const [first, ...others] = idLists
  if (first === undefined) return null
  const sets = others.map((ids) => new Set(ids))
  return [...new Set(first)].filter((id) => sets.every((ids) => ids.has(id)))
}

type Leaf = Exclude<Criterion, { readonly type: 'all' }>

function flatten(where: Criterion): Leaf[] {
  return where.type === 'all' ? where.of.flatMap(flatten) : [where]
}

function joinRanges(schema: ModelSchema, leaves: readonly Leaf[]): Leaf[] {
  const joined: Leaf[] = []
  const places = new Map<string, number>()
  for (const leaf of leaves) {
    const place = leaf.type === 'range' ? places.get(leaf.attribute) : undefined
    const earlier = place === undefined ? undefined : joined[place]
    if (place !== undefined && earlier?.type === 'range' && leaf.type === 'range') {
      const compare = comparerOf(schema, leaf.attribute)
      const min = tighter(earlier.min, leaf.min, compare)
      const max = tighter(earlier.max, leaf.max, (left, right) => compare(right, left))
      joined[place] = { ...earlier, ...(min && { min }), ...(max && { max }) }
    } else {
      if (leaf.type === 'range') places.set(leaf.attribute, joined.length)
      joined.push(leaf)
    }
  }
  return joined
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

/** The ids that a condition on the key allows; null for any other condition. */
function idsOf(schema: ModelSchema, leaf: Leaf): string[] | null {
  if (leaf.type === 'any' || leaf.type === 'not') return null
  if (leaf.attribute !== schema.keyName) return null
  switch (leaf.type) {
    case 'equals':
      return leaf.value === null ? [] : [leaf.value]
    case 'in':
      return leaf.values.filter((value) => value !== null)
    case 'like':
      return leaf.pattern.parts.length <= 1 ? [leaf.pattern.parts[0] ?? ''] : null
    case 'notEquals':
    case 'notIn':
    case 'range':
      return null
    default:
      throw new TypeError(`Unknown criterion: ${JSON.stringify(leaf satisfies never)}`)
  }
}

function compileTree(schema: ModelSchema, where: Criterion): ConditionPart | null {
  if (where.type === 'all') {
    const parts = where.of.map((part) => compileTree(schema, part)).filter((part) => part !== null)
    const args = ['all', String(parts.length), ...parts.flatMap((part) => part.args)]
    return { args, text: `(${parts.map((part) => part.text).join(' and ')})`, drives: false }
  }
  const ids = where.type === 'any' || where.type === 'not' ? null : idsOf(schema, where)
  if (ids !== null) return { args: ['ids', ...listed(ids)], text: `${ids.length} ids`, drives: false }
  return compileLeaf(schema, where)
}

function compileLeaf(schema: ModelSchema, leaf: Leaf): ConditionPart | null {
  if (leaf.type === 'any' || leaf.type === 'not') {
    const parts = (leaf.type === 'any' ? leaf.of : [leaf.of]).map((part) => compileTree(schema, part))
    const args = parts.flatMap((part) => part?.args ?? ['all', '0'])
    const text = parts.map((part) => part?.text ?? 'anything')
    return leaf.type === 'not'
      ? { args: ['not', ...args], text: `not ${text[0]}`, drives: false }
      : { args: ['any', String(parts.length), ...args], text: `(${text.join(' or ')})`, drives: false }
  }
  const isKey = leaf.attribute === schema.keyName
  switch (leaf.type) {
    case 'equals':
      return anyOf(leaf.attribute, [leaf.value])
    case 'in':
      return anyOf(leaf.attribute, leaf.values)
    case 'notEquals':
      return isKey ? noneOfIds(leaf.attribute, [leaf.value]) : noneOf(leaf.attribute, [leaf.value])
    case 'notIn':
      return isKey ? noneOfIds(leaf.attribute, leaf.values) : noneOf(leaf.attribute, leaf.values)
    case 'range':
      return range(schema, leaf.attribute, leaf.min, leaf.max)
    case 'like':
      return like(schema, leaf.attribute, leaf.pattern)
    default:
      throw new TypeError(`Unknown criterion: ${JSON.stringify(leaf satisfies never)}`)
  }
}

function anyOf(attribute: string, values: readonly (string | null)[]): ConditionPart {
  const segments = [...new Set(values)].map(encodeSegment)
  const text = segments.length === 1 ? `= ${name(values[0])}` : `in ${segments.length} values`
  return { args: ['in', attribute, ...listed(segments)], text: `${attribute} ${text}`, drives: true }
}

function noneOf(attribute: string, values: readonly (string | null)[]): ConditionPart | null {
  if (values.length === 0) return null
  const part = anyOf(attribute, values)
  return { args: ['not', ...part.args], text: `not ${part.text}`, drives: false }
}

function noneOfIds(attribute: string, values: readonly (string | null)[]): ConditionPart {
  const ids = values.filter((value) => value !== null)
  return { args: ['not', 'ids', ...listed(ids)], text: `${attribute} not in ${ids.length} values`, drives: false }
}

function range(schema: ModelSchema, attribute: string, min: Bound | undefined, max: Bound | undefined): ConditionPart {
  const ends = [min && `${min.inclusive ? '>=' : '>'} ${name(min.value)}`]
  ends.push(max && `${max.inclusive ? '<=' : '<'} ${name(max.value)}`)
  const text = `${attribute} ${ends.filter((end) => end !== undefined).join(' and ')}`
  if (attribute === schema.keyName) {
    return { args: ['idRange', ...end(min, plain), ...end(max, plain)], text, drives: false }
  }
  const ranking = rankingOf(schema, attribute)
  if (ranking.by === 'text')
    return { args: ['text', attribute, ...end(min, plain), ...end(max, plain)], text, drives: true }
  const rank = (value: string) => scoreText(ranking.rank(value))
  return { args: ['score', attribute, ...end(min, rank), ...end(max, rank)], text, drives: true }
}

function like(schema: ModelSchema, attribute: string, pattern: TextPattern): ConditionPart {
  const { parts } = pattern
  if (parts.length <= 1) return anyOf(attribute, [parts[0] ?? ''])
  const text = `${attribute} like ${name(parts.join('*'))}`
  if (attribute === schema.keyName) return { args: ['idLike', ...listed(parts)], text, drives: false }
  const declared = schema.attributes.get(attribute)
  const ranged = declared?.index?.range === true && declared.cast.order === 'text'
  return { args: ['like', attribute, ranged ? '1' : '0', ...listed(parts)], text, drives: ranged && parts[0] !== '' }
}

function end(bound: Bound | undefined, form: (value: string) => string): string[] {
  return bound === undefined ? [''] : [bound.inclusive ? '[' : '(', form(bound.value)]
}

function listed(values: readonly string[]): string[] {
  return [String(values.length), ...values]
}

function plain(value: string): string {
  return value
}

function name(value: string | null | undefined): string {
  return value === null || value === undefined ? 'null' : `'${shorten(value, 40)}'`
}
