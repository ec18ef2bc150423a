import { shorten } from '../../errors/quote.js'
import { encodeSegment } from '../../schema/key-encoding.js'
import type { CompositeSchema, ModelSchema } from '../../schema/model-schema.js'
import type { Bound, Criterion } from '../criteria.js'
import { rankingOf } from '../evaluate.js'
import { scoreText } from './score-text.js'
import { MOST_BRANCHES } from './scripts/planner.js'
import { idsOf, type Leaf, type Node, simplify } from './simplify-condition.js'

/** A criterion in the form of the scripts. */
export interface CompiledCondition {
  /** False: no record can fulfil it. */
  readonly possible: boolean
  /** The only ids that can fulfil it; null: any. */
  readonly ids: readonly string[] | null
  /** What else must hold, all of it. The scripts number what drives them by the places of the parts. */
  readonly parts: readonly ConditionPart[]
}

/** One condition: its script arguments, and its names for a person. */
export interface ConditionPart {
  readonly args: readonly string[]
  readonly text: string
  /** True where records that fulfil it can be found through an index, without a walk over all of them. */
  readonly drives: boolean
}

/**
 * Compiles a criterion: simplifies it, takes out conditions on the id that all records must fulfil, and replaces equalities
 * by a composite index where there is one.
 *
 * @param composites The composite indexes that may be used.
 */
export function compileCondition(
  schema: ModelSchema,
  where: Criterion,
  composites: readonly CompositeSchema[] = schema.composites,
): CompiledCondition {
  const simple = simplify(schema, where, composites)
  if (simple === false) return { possible: false, ids: null, parts: [] }
  if (simple === true) return { possible: true, ids: null, parts: [] }
  const nodes = simple.type === 'all' ? simple.of : [simple]
  const ids = idsOf(schema, { type: 'all', of: nodes })
  const parts = nodes.filter((node) => !isIdList(schema, node)).map((node) => compile(schema, node))
  return { possible: ids === null || ids.length > 0, ids, parts }
}

/** The arguments of a condition in one partition, with the ids that it may hold. */
export function conditionArguments(parts: readonly ConditionPart[], ids: readonly string[] | null): string[] {
  const all = parts.map((part) => part.args)
  if (ids !== null) all.push(['ids', ...listed(ids)])
  return ['all', String(all.length), ...all.flat()]
}

function isIdList(schema: ModelSchema, node: Node): boolean {
  return (node.type === 'equals' || node.type === 'in') && node.attribute === schema.keyName
}

function compile(schema: ModelSchema, node: Node): ConditionPart {
  switch (node.type) {
    case 'all':
    case 'any': {
      const parts = node.of.map((part) => compile(schema, part))
      const text = parts.map((part) => part.text).join(node.type === 'all' ? ' and ' : ' or ')
      const isUnion = node.type === 'any' && parts.length <= MOST_BRANCHES
      const drives =
        node.type === 'all' ? parts.some((part) => part.drives) : isUnion && parts.every((part) => part.drives)
      return {
        args: [node.type, String(parts.length), ...parts.flatMap((part) => part.args)],
        text: `(${text})`,
        drives,
      }
    }
    case 'not': {
      const { args, text } = compile(schema, node.of)
      return { args: ['not', ...args], text: `not ${text}`, drives: false }
    }
    case 'composite': {
      const values =
        node.values.length === 1 ? `= ${node.values[0]?.map(named).join(' + ')}` : `in ${node.values.length} values`
      const args = ['composite', node.label, ...listed(node.segments)]
      return { args, text: `${node.attributes.join(' + ')} ${values}`, drives: true }
    }
    default:
      return compileLeaf(schema, node)
  }
}

function compileLeaf(schema: ModelSchema, leaf: Leaf): ConditionPart {
  const isKey = leaf.attribute === schema.keyName
  switch (leaf.type) {
    case 'equals':
      return isKey ? anyId([leaf.value]) : anyOf(leaf.attribute, [leaf.value])
    case 'in':
      return isKey ? anyId(leaf.values) : anyOf(leaf.attribute, leaf.values)
    case 'notEquals':
      return noneOf(isKey ? anyId([leaf.value]) : anyOf(leaf.attribute, [leaf.value]))
    case 'notIn':
      return noneOf(isKey ? anyId(leaf.values) : anyOf(leaf.attribute, leaf.values))
    case 'range':
      return range(schema, leaf.attribute, leaf.min, leaf.max)
    case 'like':
      return like(schema, leaf.attribute, leaf.pattern.parts)
    default:
      throw new TypeError(`Unknown criterion: ${JSON.stringify(leaf satisfies never)}`)
  }
}

function anyOf(attribute: string, values: readonly (string | null)[]): ConditionPart {
  const segments = values.map(encodeSegment)
  const text = segments.length === 1 ? `= ${named(values[0])}` : `in ${segments.length} values`
  return { args: ['in', attribute, ...listed(segments)], text: `${attribute} ${text}`, drives: true }
}

function anyId(values: readonly (string | null)[]): ConditionPart {
  const ids = values.filter((value) => value !== null)
  return { args: ['ids', ...listed(ids)], text: `${ids.length} ids`, drives: true }
}

function noneOf(part: ConditionPart): ConditionPart {
  return { args: ['not', ...part.args], text: `not ${part.text}`, drives: false }
}

function range(schema: ModelSchema, attribute: string, min: Bound | undefined, max: Bound | undefined): ConditionPart {
  const ends = [min && `${min.inclusive ? '>=' : '>'} ${named(min.value)}`]
  ends.push(max && `${max.inclusive ? '<=' : '<'} ${named(max.value)}`)
  const text = `${attribute} ${ends.filter((end) => end !== undefined).join(' and ')}`
  if (attribute === schema.keyName) {
    return { args: ['idRange', ...end(min, plain), ...end(max, plain)], text, drives: false }
  }
  const ranking = rankingOf(schema, attribute)
  if (ranking.by === 'text') {
    return { args: ['text', attribute, ...end(min, plain), ...end(max, plain)], text, drives: true }
  }
  const rank = (value: string) => scoreText(ranking.rank(value))
  return { args: ['score', attribute, ...end(min, rank), ...end(max, rank)], text, drives: true }
}

function like(schema: ModelSchema, attribute: string, parts: readonly string[]): ConditionPart {
  const text = `${attribute} like ${named(parts.join('*'))}`
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

function named(value: string | null | undefined): string {
  return value === null || value === undefined ? 'null' : `'${shorten(value, 40)}'`
}
