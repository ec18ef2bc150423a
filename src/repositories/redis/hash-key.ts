import { encodeSegment } from '../../schema/key-encoding.js'
import type { ModelSchema } from '../../schema/model-schema.js'
import type { Criterion } from '../criteria.js'
import { fieldOf } from '../fields.js'
import type { Fields } from '../repository.js'

/**
 * Keys of the layout that the PHP library ActiveRedis writes: `visits:id:<id>:ip:<ip>:user_id:<uid>`, searchable attributes in
 * alphabetical order, `null` for what is null, empty or blank, surrounding whitespace cut off. Texts without `:`, `*` and
 * `%` are as PHP writes them; these three, which PHP leaves unescaped, are percent-encoded, so that no value can pass
 * for another one. A key only narrows a search: what a record holds is decided by its hash.
 *
 * With `@HashTag()` the value of that attribute comes before it all, in braces: `{tenant-7}:visits:id:…`, so that records with one
 * value, also of several models, lie in one slot. Every path makes and reads keys here, so that none forgets it.
 */
export function hashKey(schema: ModelSchema, id: string, fields: Fields): string {
  const segments = schema.searchable.map(({ name }) => `:${encode(name)}:${segmentOf(fieldOf(fields, name))}`)
  return `${tagOf(schema, fields)}${stemOf(schema)}${encode(id)}${segments.join('')}`
}

/** The key of a record whose model has no searchable attributes: it can be read without a search. */
export function fixedKey(schema: ModelSchema, id: string): string | null {
  return schema.searchable.length === 0 ? stemOf(schema) + encode(id) : null
}

/** The id in a key; null for a key of another shape. */
export function idOfKey(schema: ModelSchema, key: string): string | null {
  return schema.hashTag === undefined ? idAfterTag(schema, key) : idAfterTag(schema, key.replace(/^\{[^}]+\}:/, ''))
}

function idAfterTag(schema: ModelSchema, key: string): string | null {
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
  const id = ids?.length === 1 ? escapeGlob(encode(ids[0] ?? '')) : patternOf(schema.keyName, conditions, encode)
  const segments = schema.searchable.map(({ name }) => {
    return `:${escapeGlob(encode(name))}:${patternOf(name, conditions, segmentOf)}`
  })
  const tag = schema.hashTag === undefined ? '' : `{${tagPattern(schema.hashTag.name, conditions)}}:`
  return `${escapeGlob(prefix)}${tag}${escapeGlob(stemOf(schema))}${id}${segments.join('')}`
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

function tagPattern(attribute: string, conditions: readonly Criterion[]): string {
  for (const condition of conditions) {
    if (condition.type === 'equals' && condition.attribute === attribute) {
      return escapeGlob(tagSegment(condition.value))
    }
  }
  return '*'
}

function patternOf(
  attribute: string,
  conditions: readonly Criterion[],
  form: (value: string | null) => string,
): string {
  for (const condition of conditions) {
    if (condition.type === 'equals' && condition.attribute === attribute) return escapeGlob(form(condition.value))
    if (condition.type === 'like' && condition.attribute === attribute) {
      const { parts } = condition.pattern
      if (parts.length > 1 && !parts.some((part) => /\s|\0/u.test(part))) {
        return parts.map((part) => escapeGlob(encode(part))).join('*')
      }
    }
  }
  return '*'
}

function segmentOf(value: string | null): string {
  const trimmed = value?.replace(/^[ \t\n\r\0\v]+|[ \t\n\r\0\v]+$/g, '') ?? ''
  return trimmed === '' ? 'null' : encode(trimmed)
}

function encode(text: string | null): string {
  return text === null ? 'null' : text.replace(/[%:*]/g, (character) => escapes[character] ?? character)
}

function decode(segment: string): string {
  return segment.replace(/%(25|3A|2A)/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
}

const escapes: Readonly<Record<string, string>> = { '%': '%25', ':': '%3A', '*': '%2A' }

function escapeGlob(text: string): string {
  return text.replace(/[\\*?[\]^-]/g, '\\$&')
}
