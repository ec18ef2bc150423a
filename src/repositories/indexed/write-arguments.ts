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

/** The arguments of the update script: searchable attributes come first among the set and among the unset fields. */
export function updateArguments(schema: ModelSchema, change: RecordChange): string[] {
  checkFields(schema, change.set)
  const unset = new Set(change.unset)
  const set = new Map([...pairsOf(change.set)].filter(([name]) => !unset.has(name)))
  const first: string[] = []
  const last: string[] = []
  const ranks: string[] = []
  let kinds = ''
  for (const [name, value] of set) {
    const attribute = schema.attributes.get(name)
    if (attribute?.index) {
      const kind = indexKind(attribute)
      kinds += kind
      if (kind === 's') ranks.push(rankText(attribute, value))
      first.push(name, value)
    } else last.push(name, value)
  }
  const names: string[] = []
  let unsetKinds = ''
  for (const name of unset) {
    const attribute = schema.attributes.get(name)
    if (attribute?.index) {
      names.splice(unsetKinds.length, 0, name)
      unsetKinds += indexKind(attribute)
    } else names.push(name)
  }
  const counted = [String(first.length + last.length), ...first, ...last, String(names.length), ...names]
  return [change.id, kinds, unsetKinds, ...ranks, ...counted]
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
