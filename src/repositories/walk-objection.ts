import type { ModelSchema } from '../schema/model-schema.js'
import type { Criteria } from './criteria.js'
import { compileCondition } from './indexed/compile-condition.js'
import { pinnedTags } from './pinned-tags.js'

/**
 * Why the indexes answer a question only with a walk over all records, or by asking partitions that its hash tag would rule
 * out; null: they do not. The whole of a model, asked for without conditions, is no objection.
 */
export function walkObjection(schema: ModelSchema, { where, order }: Criteria): string | null {
  const { possible, ids, parts } = compileCondition(schema, where)
  if (!possible) return null
  const { hashTag } = schema
  if (hashTag !== undefined && schema.partitions > 1 && pinnedTags(schema, where) === null) {
    return `It asks all ${schema.partitions} partitions: add where('${hashTag.name}', '=', …), which names the one that holds the rows.`
  }
  if (ids !== null || parts.some((part) => part.drives)) return null
  if (parts.length > 0) {
    const tested = parts.map((part) => part.text).join(', ')
    return `No index finds the rows: ${tested} would be tested on every record. Add a condition by equality, range or prefix, or an index that answers this one.`
  }
  if (order[0]?.attribute !== schema.keyName) return null
  return `No index has the order by ${schema.keyName}: all records would be sorted. Add a condition, or order by an attribute with a range index.`
}
