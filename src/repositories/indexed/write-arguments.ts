import { InvalidKeyError } from '../../errors/record-errors.js'
import { InvalidArgumentError } from '../../errors/usage-errors.js'
import type { AttributeSchema, ModelSchema } from '../../schema/model-schema.js'
import { fieldOf, pairsOf } from '../fields.js'
import type { Fields, NewRecord, RecordChange } from '../repository.js'
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

/** One row of the insert script. */
export function rowArguments(schema: ModelSchema, record: NewRecord): string[] {
  checkId(schema, record.id)
  const args = [record.id, deadlineText(record.expiresAtMs)]
  for (const attribute of schema.searchable) {
    if (indexKind(attribute) === 's') args.push(rankText(attribute, fieldOf(record.fields, attribute.name)))
  }
  checkFields(schema, record.fields)
  args.push(String(record.fields.length), ...record.fields)
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

/** A deadline as the scripts take it. Throws `InvalidArgumentError` unless it is null or a whole number of milliseconds. */
export function deadlineText(expiresAtMs: number | null): string {
  if (expiresAtMs === null) return ''
  if (Number.isSafeInteger(expiresAtMs)) return String(expiresAtMs)
  throw new InvalidArgumentError(`The expiry ${expiresAtMs} is not a whole number of milliseconds since 1970.`)
}

/** Throws `InvalidKeyError` for an id that cannot be stored. */
export function checkId(schema: ModelSchema, id: string): void {
  if (id === '') throw new InvalidKeyError(schema.modelName, id)
  if (!id.isWellFormed()) throw new InvalidKeyError(schema.modelName, id, 'is not well-formed Unicode text.')
}

const bySchema = new WeakMap<ModelSchema, readonly string[]>()

function rankText(attribute: AttributeSchema, stored: string | null): string {
  return stored === null ? '' : scoreText(attribute.cast.rank(stored))
}

function checkFields(schema: ModelSchema, fields: Fields): void {
  for (let index = 0; index < fields.length; index += 2) {
    if (fields[index] !== '') continue
    throw new InvalidArgumentError(`An attribute of model [${schema.modelName}] has an empty name.`)
  }
}
