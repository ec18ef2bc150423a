import type { AttributeSchema, ModelSchema } from '../../schema/model-schema.js'
import { checkFields } from '../check-record.js'
import { pairsOf } from '../fields.js'
import type { RecordChange } from '../repository.js'
import { scoreText } from './score-text.js'

/** How an attribute is indexed: by equality alone, also by number, or also by text. */
export function indexKind(attribute: AttributeSchema): '-' | 's' | 't' {
  if (!attribute.index?.range) return '-'
  switch (attribute.cast.order) {
    case 'score':
      return 's'
    case 'text':
      return 't'
    case 'none':
      return '-'
    default:
      throw new TypeError(`Unknown order: ${String(attribute.cast.order satisfies never)}`)
  }
}

/** The indexes of a model, as the scripts take them. */
export function indexArguments(schema: ModelSchema): readonly string[] {
  const known = bySchema.get(schema)
  if (known !== undefined) return known
  const pairs = schema.searchable.flatMap((attribute) => [attribute.name, indexKind(attribute)])
  const args = [String(schema.searchable.length), ...pairs]
  bySchema.set(schema, args)
  return args
}

/** The arguments of the update script. */
export function updateArguments(schema: ModelSchema, change: RecordChange): string[] {
  checkFields(schema, change.set)
  const changes: string[] = []
  let count = 0
  const push = (name: string, value: string | null) => {
    const attribute = schema.attributes.get(name)
    if (!attribute?.index) return
    const rank = indexKind(attribute) === 's' ? rankText(attribute, value) : ''
    changes.push(name, indexKind(attribute), value === null ? '0' : '1', value ?? '', rank)
    count++
  }
  const unset = new Set(change.unset)
  for (const [name, value] of new Map(pairsOf(change.set))) if (!unset.has(name)) push(name, value)
  for (const name of unset) push(name, null)
  const set = [String(change.set.length), ...change.set]
  return [change.id, String(count), ...changes, ...set, String(change.unset.length), ...change.unset]
}

/** A deadline as the scripts take it. */
export function deadlineText(expiresAtMs: number | null): string {
  return expiresAtMs === null ? '' : String(expiresAtMs)
}

const bySchema = new WeakMap<ModelSchema, readonly string[]>()

/** The rank of a stored text as a script takes it; '' for null. */
export function rankText(attribute: AttributeSchema, stored: string | null): string {
  return stored === null ? '' : scoreText(attribute.cast.rank(stored))
}
