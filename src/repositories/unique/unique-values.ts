import { createHash } from 'node:crypto'
import { fromStoredText } from '../../schema/attribute-value.js'
import { encodeSegment } from '../../schema/key-encoding.js'
import type { ModelSchema, UniqueSchema } from '../../schema/model-schema.js'
import { fieldOf } from '../fields.js'
import type { Fields, RecordChange, StoredRecord } from '../repository.js'

/** The longest text of values that stands in a key itself. */
const MAX_PLAIN_LENGTH = 256

/** Values that one record may have. */
export interface UniqueValue {
  readonly unique: UniqueSchema
  /** Stored texts, beside the attributes. */
  readonly texts: readonly string[]
  /**
   * The key of their claim: `unq:<prefix>:{<attribute>:<value>…}`, so that each value has a slot of its own. What is longer
   * than 256 characters is replaced by its digest, which no encoded segment can be.
   */
  readonly claimKey: string
}

/** The unique values of a record with these fields; lists with a null among their values are left out. Ordered by key. */
export function uniqueValuesOf(schema: ModelSchema, fields: Fields): UniqueValue[] {
  const values: UniqueValue[] = []
  for (const unique of schema.uniques ?? []) {
    const texts = unique.attributes.map(({ name }) => fieldOf(fields, name))
    if (areTexts(texts)) values.push({ unique, texts, claimKey: claimKeyOf(schema, unique, texts) })
  }
  return values.sort((left, right) => (left.claimKey < right.claimKey ? -1 : 1))
}

/** Whether a record has these values. */
export function hasValues(record: StoredRecord | null, { unique, texts }: UniqueValue): boolean {
  return record !== null && unique.attributes.every(({ name }, index) => fieldOf(record.fields, name) === texts[index])
}

/** The values as the model's attributes have them. */
export function castValues(schema: ModelSchema, { unique, texts }: UniqueValue): unknown[] {
  return unique.attributes.map((attribute, index) => fromStoredText(schema.modelName, attribute, texts[index] ?? ''))
}

/** The names of all attributes of a model that are unique, alone or with others. */
export function uniqueNames(schema: ModelSchema): ReadonlySet<string> {
  const known = namesBySchema.get(schema)
  if (known !== undefined) return known
  const names = new Set((schema.uniques ?? []).flatMap(({ attributes }) => attributes.map(({ name }) => name)))
  namesBySchema.set(schema, names)
  return names
}

/** Whether a change names a unique attribute. */
export function touchesUnique(schema: ModelSchema, { set, unset, increments = [] }: RecordChange): boolean {
  const names = uniqueNames(schema)
  return (
    unset.some((name) => names.has(name)) ||
    increments.some(({ attribute }) => names.has(attribute)) ||
    set.some((name, index) => index % 2 === 0 && names.has(name))
  )
}

const namesBySchema = new WeakMap<ModelSchema, ReadonlySet<string>>()

function claimKeyOf(schema: ModelSchema, { attributes }: UniqueSchema, texts: readonly string[]): string {
  const segments = attributes.map(({ name }, index) => `${encodeSegment(name)}:${encodeSegment(texts[index] ?? null)}`)
  const plain = segments.join(':')
  const tag = plain.length <= MAX_PLAIN_LENGTH ? plain : `%sha256:${createHash('sha256').update(plain).digest('hex')}`
  return `unq:${encodeSegment(schema.prefix)}:{${tag}}`
}

function areTexts(values: readonly (string | null)[]): values is readonly string[] {
  return values.every((value) => value !== null)
}
