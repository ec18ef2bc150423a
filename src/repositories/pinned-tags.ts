import type { ModelSchema } from '../schema/model-schema.js'
import type { Criterion } from './criteria.js'

/**
 * The hash tags, as stored text or null for none, that a record can have if it fulfils a condition; null: any. Only
 * equality with the `@HashTag()` attribute tells, also as one of several values: inside `all` any part, inside `any` all parts;
 * a negation never does.
 */
export function pinnedTags(schema: ModelSchema, where: Criterion): ReadonlySet<string | null> | null {
  const { hashTag } = schema
  return hashTag === undefined ? null : tagsOf(hashTag.name, where)
}

function tagsOf(attribute: string, where: Criterion): ReadonlySet<string | null> | null {
  switch (where.type) {
    case 'all': {
      const known = where.of.map((part) => tagsOf(attribute, part)).filter((tags) => tags !== null)
      const [first, ...others] = known
      if (first === undefined) return null
      return new Set([...first].filter((tag) => others.every((tags) => tags.has(tag))))
    }
    case 'any': {
      const union = new Set<string | null>()
      for (const part of where.of) {
        const tags = tagsOf(attribute, part)
        if (tags === null) return null
        for (const tag of tags) union.add(tag)
      }
      return union
    }
    case 'equals':
      return where.attribute === attribute ? new Set([where.value]) : null
    case 'in':
      return where.attribute === attribute ? new Set(where.values) : null
    case 'like': {
      const { parts } = where.pattern
      return where.attribute === attribute && parts.length <= 1 ? new Set([parts[0] ?? '']) : null
    }
    case 'not':
    case 'notEquals':
    case 'notIn':
    case 'range':
      return null
    default:
      throw new TypeError(`Unknown criterion: ${JSON.stringify(where satisfies never)}`)
  }
}
