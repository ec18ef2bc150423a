import { DefinitionError } from '../errors/usage-errors.js'
import type { StoredRecord } from '../repositories/repository.js'
import { constructAll, type RecordClass } from './construction.js'
import { definitionOf } from './definition-of.js'
import { fire, hasHandlers } from './model-events.js'
import { ModelQuery } from './model-query.js'
import type { ModelRecord } from './model-record.js'
import type { ModelSource } from './scoped-query.js'
import { localScopesOf, type Scope, type Scoped } from './scopes.js'
import { keysOf, slide } from './sliding-deadline.js'
import { storageOf } from './storage-of.js'

/** A query of a model with the class's local scopes as methods. */
export type QueryWithScopes<T extends ModelRecord, S> = ModelQuery<T> & ScopeMethods<T, S>

/** The scopes of a class, as methods of its queries: without the query that they are given. */
export type ScopeMethods<T extends ModelRecord, S> = unknown extends S
  ? unknown
  : {
      readonly [Name in keyof S]: S[Name] extends (query: never, ...given: infer Given) => unknown
        ? (...given: Given) => QueryWithScopes<T, S>
        : never
    }

/** A class of records, with its local scopes. */
export type ScopedClass<T extends ModelRecord, S> = RecordClass<T> & Scoped<S>

/** The query over all records of a class. */
export function queryOf<T extends ModelRecord, S>(recordClass: ScopedClass<T, S>): QueryWithScopes<T, S> {
  const prototype: object = recordClass.prototype
  const definition = definitionOf(prototype)
  const { schema } = definition
  const source: ModelSource<T> = {
    schema,
    definition,
    recordClass,
    without: noNames,
    ...(definition.version !== null && { alwaysRead: [definition.version] }),
    repository: () => storageOf(prototype, schema),
    materialise: async (records, fields) => {
      if (definition.behaviour.isSliding) await slide(prototype, definition, keysOf(definition, records, fields))
      return materialise(recordClass, records, fields)
    },
  }
  const query = queryClassOf(prototype)
  return new query<T>(source) as QueryWithScopes<T, S>
}

/** The records of a class that were read, in the same order; their `retrieved` handlers have run. */
export async function materialise<T extends ModelRecord>(
  recordClass: RecordClass<T>,
  stored: readonly StoredRecord[],
  fields: readonly string[] | null = null,
): Promise<T[]> {
  const read = fields === null ? null : new Set(fields)
  const records = constructAll(recordClass, stored, read)
  if (hasHandlers(recordClass.prototype, 'retrieved')) for (const record of records) await fire(record, 'retrieved')
  return records
}

type QueryClass = typeof ModelQuery

const noNames: ReadonlySet<string> = new Set()
const queryClasses = new WeakMap<object, QueryClass>()

/** The class of queries of a model: `ModelQuery`, or a subclass with the scopes of the model. */
function queryClassOf(prototype: object): QueryClass {
  const known = queryClasses.get(prototype)
  if (known !== undefined) return known
  const scopes = localScopesOf(prototype)
  const made = scopes.size === 0 ? ModelQuery : withScopes(prototype.constructor.name, scopes)
  queryClasses.set(prototype, made)
  return made
}

function withScopes(model: string, scopes: ReadonlyMap<string, Scope>): QueryClass {
  class ModelQueryWithScopes<T extends ModelRecord> extends ModelQuery<T> {
    static {
      for (const [name, scope] of scopes) {
        if (name in ModelQuery.prototype) {
          throw new DefinitionError(model, `the scope '${name}' has the name of a method of queries: give it another.`)
        }
        const method: PropertyDescriptor & ThisType<ModelQueryWithScopes<ModelRecord>> = {
          value(...given: readonly unknown[]) {
            return this.scopedBy(name, scope, given)
          },
        }
        Object.defineProperty(ModelQueryWithScopes.prototype, name, method)
      }
    }
  }
  return ModelQueryWithScopes
}
