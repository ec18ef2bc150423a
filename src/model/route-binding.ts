import { InvalidKeyError, ModelNotFoundError } from '../errors/record-errors.js'
import { CastError } from '../errors/value-errors.js'
import { compares } from '../query/conditions.js'
import type { RecordClass } from './construction.js'
import { definitionOf } from './definition-of.js'
import type { ModelRecord } from './model-record.js'
import { queryOf } from './query-of.js'

/** What `app.param` of Express calls, and what is like it. */
export type RouteParamHandler = (
  request: object,
  response: unknown,
  next: (error?: unknown) => void,
  value: string,
  name: string,
) => Promise<void>

/**
 * The record that a value of a route stands for, by the key or by a searchable attribute; null where there is none, and for
 * values that cannot be one: they come from outside. The value is literal, never a pattern.
 * Throws `AttributeNotSearchableError` for an attribute without an index.
 */
export async function resolveRoute<T extends ModelRecord>(
  recordClass: RecordClass<T>,
  value: string,
  field: string | null,
): Promise<T | null> {
  const { schema } = definitionOf(recordClass.prototype)
  const name = field ?? schema.keyName
  // Outside of the `try`: that the attribute has no index is no fault of the value.
  compares(schema, name, '=', null)
  try {
    if (name === schema.keyName) return await queryOf(recordClass).find(value)
    return await queryOf(recordClass)
      .where({ [name]: value } as never)
      .first()
  } catch (error) {
    if (error instanceof CastError || error instanceof InvalidKeyError) return null
    throw error
  }
}

/**
 * A handler for `app.param(name, …)` of Express: puts the record on the request under the name of the parameter. Where there is none
 * it passes on a `ModelNotFoundError` with `status` 404.
 */
export function routeParam<T extends ModelRecord>(
  recordClass: RecordClass<T>,
  field: string | null,
): RouteParamHandler {
  return async (request, _response, next, value, name) => {
    try {
      const record = await resolveRoute(recordClass, value, field)
      if (record === null) {
        next(Object.assign(new ModelNotFoundError(recordClass.name, [value]), { status: 404 }))
        return
      }
      Object.defineProperty(request, name, { value: record, enumerable: true, configurable: true, writable: true })
    } catch (error) {
      next(error)
      return
    }
    next()
  }
}
