import type { ModelSchema } from '../../schema/model-schema.js'
import { list, text } from '../replies.js'
import type { Fields, StoredRecord } from '../repository.js'

/** Which fields of records a query reads, and how they come back. */
export interface Projection {
  /** The names for the script, '' (the time of creation) first; none: ids alone. */
  readonly names: readonly string[]
  /** How many of them, after '', belong to the answer; the others are there for the order alone. */
  readonly shown: number
}

/** A record that was read, with what is needed to sort it. */
export interface ReadRecord {
  readonly record: StoredRecord
  readonly createdAtMs: number
  /** All that was read of it; `record.fields` is the part that was asked for. */
  readonly read: Fields
}

/**
 * What a query for some attributes reads; without `fields` all that the schema declares. Fields that it does not declare are
 * never read. The attribute of the hash tag is always read: it is part of a record's name.
 */
export function projectionOf(
  schema: ModelSchema,
  fields: readonly string[] | undefined,
  ordered: readonly string[],
): Projection {
  const wanted = new Set(fields ?? schema.attributes.keys())
  if (schema.hashTag !== undefined && (fields === undefined || fields.length > 0)) wanted.add(schema.hashTag.name)
  wanted.delete(schema.keyName)
  const names = new Set([...wanted, ...ordered])
  return { names: names.size === 0 && fields !== undefined ? [] : ['', ...names], shown: wanted.size }
}

/** Rows of one script call at most: 1000 records, or 5000 ids, take a server some 4 ms, in which it does nothing else. */
export function mostRows({ names }: Projection): number {
  return names.length === 0 ? 5 * MOST_RECORDS : MOST_RECORDS
}

/** How many records a call with so many rows is worth. */
export function weightOf({ names }: Projection, rows: number): number {
  return names.length === 0 ? Math.ceil(rows / 5) : rows
}

const MOST_RECORDS = 1000

/** Reads the rows that a script packed; see `scripts/rows.ts`. */
export function readRows({ names, shown }: Projection, packed: unknown): ReadRecord[] {
  const json = text(packed)
  if (json === '') return []
  const [ids, values] = list(JSON.parse(json))
  const rows = list(values)
  return list(ids).map((given, at): ReadRecord => {
    const id = text(given)
    const row = rows[at]
    if (!Array.isArray(row)) return { record: { id, fields: noFields }, createdAtMs: Number(row), read: noFields }
    const read: string[] = []
    let end = 0
    for (let place = 1; place < names.length; place++) {
      const value: unknown = row[place]
      if (typeof value === 'string') read.push(names[place] ?? '', value)
      if (place === shown) end = read.length
    }
    const isWhole = shown === names.length - 1
    return { record: { id, fields: isWhole ? read : read.slice(0, end) }, createdAtMs: Number(row[0]), read }
  })
}

const noFields: Fields = []
