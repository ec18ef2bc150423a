import type { ModelSchema } from '../schema/model-schema.js'
import { fieldOf } from './fields.js'
import type { Fields, RecordChange, RecordKey } from './repository.js'

/** The id that a key names. */
export function idOf(key: RecordKey): string {
  return typeof key === 'string' ? key : key.id
}

/** The key of a record with these fields. */
export function keyOfRecord(schema: ModelSchema, id: string, fields: Fields): RecordKey {
  return schema.hashTag === undefined ? id : { id, tag: fieldOf(fields, schema.hashTag.name) }
}

/** The key under which a change finds its record. */
export function keyBefore(schema: ModelSchema, { id, tag }: RecordChange): RecordKey {
  return schema.hashTag === undefined || tag === undefined ? id : { id, tag }
}

/** The key of a record after a change: `tag` is what it was before. */
export function keyAfter(schema: ModelSchema, change: RecordChange, tag: string | null): RecordKey {
  const id = change.newId ?? change.id
  return schema.hashTag === undefined ? id : { id, tag: tagAfter(schema, change, tag) }
}

/** Whether a change may give a record another tag: it names the attribute. */
export function touchesTag({ hashTag }: ModelSchema, { set, unset }: RecordChange): boolean {
  if (hashTag === undefined) return false
  return unset.includes(hashTag.name) || set.some((name, index) => index % 2 === 0 && name === hashTag.name)
}

function tagAfter({ hashTag }: ModelSchema, { set, unset }: RecordChange, tag: string | null): string | null {
  if (hashTag === undefined || unset.includes(hashTag.name)) return null
  return fieldOf(set, hashTag.name) ?? tag
}
