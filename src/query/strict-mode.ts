import type { Criteria, Criterion, Order } from '../repositories/criteria.js'
import type { Repository } from '../repositories/repository.js'
import type { ModelSchema } from '../schema/model-schema.js'

let isStrict = false

/** Makes all queries strict that do not choose themselves, by `strict()` or `@Entity({ strict })`; default false. */
export function setStrictQueries(strict: boolean): void {
  isStrict = strict
}

/** Whether a query is strict: what it chose, else what its model chose, else what was set for all. */
export function isStrictQuery(schema: ModelSchema, chosen: boolean | null): boolean {
  return chosen ?? schema.strict ?? isStrict
}

/**
 * Why strict mode refuses a question, as a sentence that says what to do; null: it does not. Nothing is sent.
 *
 * @param wildcards The patterns that `where(attribute, value)` took values for.
 */
export function objectionTo(
  repository: Repository,
  schema: ModelSchema,
  where: Criterion,
  order: readonly Order[],
  wildcards: readonly string[],
): string | null {
  const [pattern] = wildcards
  if (pattern !== undefined) {
    return `The value ${pattern} is taken for a pattern: write 'like' or '=' as the operator, to say which is meant.`
  }
  const criteria: Criteria = { where, order, limit: null, offset: 0, after: null }
  return repository.objectionTo?.(schema, criteria) ?? null
}
