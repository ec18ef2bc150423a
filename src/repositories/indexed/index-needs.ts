import { encodeSegment } from '../../schema/key-encoding.js'
import type { AttributeSchema, CompositeSchema, ModelSchema } from '../../schema/model-schema.js'
import type { Criterion, Order } from '../criteria.js'
import { formName } from './index-definition.js'
import { indexKind } from './index-plan.js'

/** The indexes that a query needs, by name (`formName`), with the attributes that they are of. */
export type IndexNeeds = ReadonlyMap<string, readonly string[]>

/** Needs no index but that of all records. */
export const noNeeds: IndexNeeds = new Map()

/** The name of a composite index. */
export function compositeName(attributes: readonly AttributeSchema[]): string {
  return formName({ kind: 'c', attributes: attributes.map(({ name }) => name), detail: '' })
}

/**
 * The indexes without which a question cannot be answered, or not as it is declared or planned.
 *
 * @param composites The composite indexes that its plan may use.
 */
export function neededIndexes(
  schema: ModelSchema,
  where: Criterion,
  orders: readonly Order[] = [],
  composites: readonly CompositeSchema[] = [],
): IndexNeeds {
  const needs = new Map<string, readonly string[]>()
  for (const { attributes } of composites) {
    needs.set(
      compositeName(attributes),
      attributes.map(({ name }) => name),
    )
  }
  addCriterion(schema, where, needs)
  for (const { attribute } of orders) if (attribute !== null) addAttribute(schema, attribute, true, needs)
  return needs
}

function addCriterion(schema: ModelSchema, where: Criterion, needs: Map<string, readonly string[]>): void {
  switch (where.type) {
    case 'all':
    case 'any':
      for (const part of where.of) addCriterion(schema, part, needs)
      return
    case 'not':
      addCriterion(schema, where.of, needs)
      return
    case 'equals':
    case 'notEquals':
    case 'in':
    case 'notIn':
      addAttribute(schema, where.attribute, false, needs)
      return
    case 'range':
      addAttribute(schema, where.attribute, true, needs)
      return
    case 'like':
      addAttribute(schema, where.attribute, where.pattern.parts.length > 1, needs)
      return
    default:
      throw new TypeError(`Unknown criterion: ${JSON.stringify(where satisfies never)}`)
  }
}

function addAttribute(
  schema: ModelSchema,
  name: string,
  inOrder: boolean,
  needs: Map<string, readonly string[]>,
): void {
  const attribute = schema.attributes.get(name)
  if (attribute === undefined || attribute.index === null) return
  const segment = encodeSegment(name)
  needs.set(`=:${segment}`, [name])
  const kind = indexKind(attribute)
  if (inOrder && kind !== '-') needs.set(`r:${segment}`, [name])
}
