import { encodeSegment } from '../../schema/key-encoding.js'
import type { ModelSchema } from '../../schema/model-schema.js'
import { checkRecord } from '../check-record.js'
import { fieldOf } from '../fields.js'
import type { Fields, NewRecord } from '../repository.js'
import { type IndexPlan, indexPlanOf, joinSegments } from './index-plan.js'
import { sortableText } from './score-text.js'
import { deadlineText, indexArguments, rankText } from './write-arguments.js'

/**
 * The arguments of the insert script for one record that does not expire, and replaces none: what `InsertRows` would make of it,
 * without a detour. Throws for a record that cannot be stored.
 */
export function oneRowArguments(schema: ModelSchema, record: NewRecord): string[] {
  checkRecord(schema, record)
  const { id, fields } = record
  const { watched, composites, ttl } = indexPlanOf(schema)
  const size = fields.length / 2
  const args = ['0', ttl, '', '1', '0', String(size)]
  for (let index = 0; index < fields.length; index += 2) args.push(fields[index] ?? '')
  args.push('1', id, '1')
  for (let index = 1; index < fields.length; index += 2) args.push(fields[index] ?? '')
  const groups = args.push('0') - 1
  let count = composites.length
  const segments: string[] = []
  for (const { attribute, kind, label } of watched) {
    const value = fieldOf(fields, attribute.name)
    const segment = encodeSegment(value)
    if (composites.length > 0) segments.push(segment)
    if (kind === 'n') continue
    args.push(`:${label}:${segment}`, '-', '1', '1')
    count += 1
    if (value === null || kind === '-') continue
    args.push(`:${label}`, kind, '1', '1', kind === 's' ? rankText(attribute, value) : sortableText(value))
    count += 1
  }
  for (const { label, parts } of composites) {
    args.push(`:${label}:${joinSegments(parts.map((place) => segments[place] ?? ''))}`, '-', '1', '1')
  }
  args[groups] = String(count)
  return args
}

/** The arguments of the insert script for one record of any kind. */
export function rowArguments(schema: ModelSchema, record: NewRecord, options: { readonly replace: boolean }): string[] {
  const rows = new InsertRows(schema)
  rows.add(record)
  return rows.args(options)
}

/**
 * Rows of one call of the insert script. Names of fields are sent once for all rows that have the same, and index entries
 * are grouped by key, so that the script has little more to do than to call Redis.
 */
export class InsertRows {
  readonly #schema: ModelSchema
  readonly #plan: IndexPlan
  readonly #rows: string[] = []
  /** By the names of the fields and whether the rows expire. */
  readonly #shapes = new Map<string, Shape>()
  readonly #groups = new Map<string, EntryGroup>()
  #length = 0
  #characters = 0

  constructor(schema: ModelSchema) {
    this.#schema = schema
    this.#plan = indexPlanOf(schema)
  }

  get length(): number {
    return this.#length
  }

  /** About the size of the call. */
  get characters(): number {
    return this.#characters
  }

  /** Throws, and adds nothing, for a record that cannot be stored. */
  add(record: NewRecord): void {
    checkRecord(this.#schema, record)
    const { id, fields, expiresAtMs } = record
    const number = String(++this.#length)
    this.#rows.push(id, this.#shapeOf(record).number)
    if (expiresAtMs !== null) this.#rows.push(deadlineText(expiresAtMs), termsOf(this.#plan, record))
    for (let index = 1; index < fields.length; index += 2) this.#rows.push(fields[index] ?? '')
    this.#addEntries(number, fields)
    this.#characters += 2 * id.length + 50
    for (const field of fields) this.#characters += field.length
  }

  /** All arguments of the call. Of several rows none may be to replace. */
  args(options: { readonly replace: boolean; readonly createdAtMs?: number }): string[] {
    const head = options.replace ? ['1', ...indexArguments(this.#schema)] : ['0', String(this.#schema.indexTtlMs)]
    const shapes = [...this.#shapes.values()].flatMap(({ expires, names }) => [expires, String(names.length), ...names])
    const args = [...head, String(options.createdAtMs ?? ''), String(this.#shapes.size), ...shapes]
    args.push(String(this.#length))
    for (const row of this.#rows) args.push(row)
    args.push(String(this.#groups.size))
    for (const [suffix, { kind, size, entries }] of this.#groups) {
      args.push(suffix, kind, String(size))
      for (const entry of entries) args.push(entry)
    }
    return args
  }

  #shapeOf({ fields, expiresAtMs }: NewRecord): Shape {
    const expires = expiresAtMs === null ? '0' : '1'
    let key = expires
    for (let index = 0; index < fields.length; index += 2) key += `${fields[index]?.length}:${fields[index]}`
    const known = this.#shapes.get(key)
    if (known !== undefined) return known
    const names = fields.filter((_, index) => index % 2 === 0)
    const shape = { number: String(this.#shapes.size + 1), expires, names }
    this.#shapes.set(key, shape)
    return shape
  }

  #addEntries(number: string, fields: Fields): void {
    const { watched, composites } = this.#plan
    const segments: string[] = []
    for (const { attribute, kind, label } of watched) {
      const value = fieldOf(fields, attribute.name)
      const segment = encodeSegment(value)
      segments.push(segment)
      if (kind === 'n') continue
      this.#addTo(`:${label}:${segment}`, '-').push(number)
      if (value === null || kind === '-') continue
      const place = kind === 's' ? rankText(attribute, value) : sortableText(value)
      this.#addTo(`:${label}`, kind).push(number, place)
      this.#characters += place.length
    }
    for (const { label, parts } of composites) {
      this.#addTo(`:${label}:${joinSegments(parts.map((place) => segments[place] ?? ''))}`, '-').push(number)
    }
  }

  #addTo(suffix: string, kind: EntryGroup['kind']): string[] {
    const group = this.#groups.get(suffix)
    if (group !== undefined) {
      group.size++
      return group.entries
    }
    const entries: string[] = []
    this.#groups.set(suffix, { kind, size: 1, entries })
    this.#characters += suffix.length
    return entries
  }
}

interface Shape {
  readonly number: string
  readonly expires: string
  readonly names: readonly string[]
}

interface EntryGroup {
  readonly kind: '-' | 's' | 't'
  size: number
  /** Numbers of rows, in a range index each with its rank or its text. */
  readonly entries: string[]
}

/** The terms of an expiring record as `reap` reads them, without the time of creation. */
function termsOf({ watched, composites }: IndexPlan, { fields }: NewRecord): string {
  const segments = watched.map(({ attribute }) => encodeSegment(fieldOf(fields, attribute.name)))
  const terms = watched.map(({ kind, label }, place) => (kind === 'n' ? '' : `${label}:${kind}:${segments[place]}:`))
  for (const { label, parts } of composites) {
    terms.push(`${label}:-:${joinSegments(parts.map((place) => segments[place] ?? ''))}:`)
  }
  return terms.join('')
}
