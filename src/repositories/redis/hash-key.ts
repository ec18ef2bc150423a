import type { Cast } from '../../schema/cast.js'
import { encodeSegment } from '../../schema/key-encoding.js'
import type { ModelSchema } from '../../schema/model-schema.js'
import type { Criterion } from '../criteria.js'
import { isLike } from '../evaluate.js'
import { fieldOf } from '../fields.js'
import type { Fields } from '../repository.js'

/**
 * Keys of the layout that the PHP library ActiveRedis writes: `visits:id:<id>:ip:<ip>:user_id:<uid>`, searchable attributes in
 * alphabetical order, `null` for what is null, empty or blank, surrounding whitespace cut off. Texts without `:`, `*` and
 * `%` are as PHP writes them; these three, which PHP leaves unescaped, are percent-encoded, so that no value can pass
 * for another one. A key only narrows a search: what a record holds is decided by its hash. Keys are made in one way and
 * read in both, as here and as in PHP, which also writes `null` for 0.
 *
 * With `@HashTag()` the value of that attribute comes before it all, in braces: `{tenant-7}:visits:id:…`, so that records with one
 * value, also of several models, lie in one slot; a key without it, as of PHP, is read too. Every path makes and reads keys here, so
 * that none forgets it.
 */
export function hashKey(schema: ModelSchema, id: string, fields: Fields): string {
  const segments = schema.searchable.map(({ name }) => `:${encode(name)}:${segmentOf(fieldOf(fields, name))}`)
  return `${tagOf(schema, fields)}${stemOf(schema)}${encode(id)}${segments.join('')}`
}

/**
 * The keys that a record may have whose model has no searchable attributes, as here and as in PHP: it can be read without a
 * search. Null where that is not so.
 */
export function fixedKeys(schema: ModelSchema, id: string): readonly string[] | null {
  if (schema.searchable.length > 0) return null
  return [...new Set([encode(id), id])].map((segment) => stemOf(schema) + segment)
}

/** The id in a key; null for a key of another shape. */
export function idOfKey(schema: ModelSchema, fullKey: string): string | null {
  const key = withoutTag(schema, fullKey)
  const stem = stemOf(schema)
  if (!key.startsWith(stem)) return null
  const end = key.indexOf(':', stem.length)
  const id = end < 0 ? key.slice(stem.length) : key.slice(stem.length, end)
  let from = end < 0 ? key.length : end
  for (const { name } of schema.searchable) {
    const marker = `:${encode(name)}:`
    const place = key.indexOf(marker, from)
    if (place < 0 || (from === end && place !== end)) return null
    from = place + marker.length
  }
  return id === '' || (schema.searchable.length === 0 && end >= 0) ? null : decode(id)
}

/**
 * A SCAN pattern for all keys that may belong to matching records. `prefix` is the connection's.
 * Only conditions that all must hold narrow it.
 */
export function scanPattern(
  schema: ModelSchema,
  prefix: string,
  ids: readonly string[] | null,
  where: Criterion,
): string {
  const conditions = where.type === 'all' ? where.of : [where]
  const id = ids?.length === 1 ? globOf([ids[0] ?? '']) : patternOf(schema.keyName, conditions, idGlob)
  const segments = schema.searchable.map(({ name, cast }) => {
    const form = hasOneText(cast) ? segmentGlob : anyUnlessNull
    return `:${escapeGlob(encode(name))}:${patternOf(name, conditions, form)}`
  })
  return `${stemPattern(schema, prefix)}${id}${segments.join('')}`
}

/**
 * The beginning of a SCAN pattern for keys of records, and for keys of another form beside them. With a hash tag anything may come
 * before it: keys that PHP wrote may have none. The tag is among the searchable attributes, and narrows the search there.
 */
export function stemPattern(schema: ModelSchema, prefix: string): string {
  return `${escapeGlob(prefix)}${schema.hashTag === undefined ? '' : '*'}${escapeGlob(stemOf(schema))}`
}

/** Whether a key begins as those of records do. */
export function hasStem(schema: ModelSchema, key: string): boolean {
  return withoutTag(schema, key).startsWith(stemOf(schema))
}

function withoutTag({ hashTag }: ModelSchema, key: string): string {
  return hashTag === undefined ? key : key.replace(/^\{[^}]+\}:/, '')
}

function tagOf({ hashTag }: ModelSchema, fields: Fields): string {
  return hashTag === undefined ? '' : `{${tagSegment(fieldOf(fields, hashTag.name))}}:`
}

/** Nothing between the braces would be no hash tag. */
function tagSegment(value: string | null): string {
  return value === '' ? '%empty' : encodeSegment(value)
}

function stemOf(schema: ModelSchema): string {
  return `${schema.prefix}:${schema.keyName}:`
}

function patternOf(
  attribute: string,
  conditions: readonly Criterion[],
  form: (value: string | null) => string,
): string {
  for (const condition of conditions) {
    if (condition.type === 'equals' && condition.attribute === attribute) return form(condition.value)
    if (condition.type === 'like' && condition.attribute === attribute) {
      const { parts } = condition.pattern
      if (parts.length > 1 && !isLike('0', condition.pattern) && !parts.some((part) => /\s|\0/u.test(part))) {
        return globOf(parts)
      }
    }
  }
  return '*'
}

function segmentOf(value: string | null): string {
  const trimmed = trim(value)
  return trimmed === '' ? 'null' : encode(trimmed)
}

/** The pattern of `segmentOf`, and of what PHP writes instead. */
function segmentGlob(value: string | null): string {
  const trimmed = trim(value)
  if (trimmed === '0') return '*'
  return trimmed === '' ? 'null' : globOf([trimmed])
}

function idGlob(id: string | null): string {
  return id === null ? 'null' : globOf([id])
}

function anyUnlessNull(value: string | null): string {
  return value === null ? 'null' : '*'
}

/** Whether a value has one text only, whoever writes it: a moment is `2024-09-24 08:30:00` in PHP. */
function hasOneText({ isText, values, name }: Cast): boolean {
  return isText || values !== undefined || name === 'integer' || name === 'bigint'
}

function trim(value: string | null): string {
  return value?.replace(/^[ \t\n\r\0\v]+|[ \t\n\r\0\v]+$/g, '') ?? ''
}

/**
 * A pattern for texts that follow each other, with anything between them. What may be encoded or as it is, is anything too, also
 * nothing: PHP cuts off colons at the end of a key. Only the first pieces count, because a server takes long for many.
 */
function globOf(parts: readonly string[]): string {
  const pieces = parts.flatMap((part) => part.split(/[%:*]/))
  const some = pieces.slice(0, MOST_PIECES).map(escapeGlob)
  return (pieces.length > MOST_PIECES ? [...some, ''] : some).join('*').replace(/\*+/g, '*')
}

function encode(text: string | null): string {
  return text === null ? 'null' : text.replace(/[%:*]/g, (character) => escapes[character] ?? character)
}

function decode(segment: string): string {
  return segment.replace(/%(25|3A|2A)/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
}

/** Wildcards in the pattern of one value. */
const MOST_PIECES = 8

const escapes: Readonly<Record<string, string>> = { '%': '%25', ':': '%3A', '*': '%2A' }

function escapeGlob(text: string): string {
  return text.replace(/[\\*?[\]^-]/g, '\\$&')
}
