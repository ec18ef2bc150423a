import { quote } from '../errors/quote.js'
import { DefinitionError } from '../errors/usage-errors.js'
import type { RepositoryChoice } from '../repositories/repository-factory.js'
import type { CastDeclaration } from '../schema/cast-registry.js'
import { declareHashTag, declareUnique } from '../schema/consistency-declaration.js'
import { declarationOf, type EntityDeclaration, standFor } from '../schema/declaration.js'
import { declareLater, isStandardContext, type StandardContext } from '../schema/standard-metadata.js'
import { declareComposite, declareVersion } from '../schema/write-declaration.js'
import {
  type AttributeDecorator,
  attributeDecorator,
  type RangedDecorator,
  type UnrangedDecorator,
} from './attribute-decorator.js'
import { type AbstractRecordClass, withSettledConstruction } from './construction.js'
import { isDefined } from './definition-of.js'
import type { ModelRecord } from './model-record.js'

/** Options of `@Entity`; all may be left out, and are then inherited from the base class, except `prefix`. */
export type EntityOptions = EntityDeclaration<RepositoryChoice>

/** Options of `@Attribute`. */
export interface AttributeOptions extends CastDeclaration {
  /** The value of new records that are given none, or a function that makes it; a class field's value comes before it. */
  readonly default?: unknown
}

/** Options of `@Searchable`; those of `@Attribute` may be given here as well. */
export interface SearchableOptions extends AttributeOptions {
  /** True: also an index in order of value, for `>`, `between`, `orderBy` …; numbers, moments and text have one. */
  readonly range?: boolean
}

const entityOptions: ReadonlySet<string> = new Set<keyof EntityOptions>([
  'repository',
  'connection',
  'partitions',
  'prefix',
  'key',
  'timestamps',
  'createdAt',
  'updatedAt',
  'keyGenerator',
  'hidden',
  'visible',
  'appends',
  'fillable',
  'guarded',
  'ttlSeconds',
  'sliding',
  'indexTtlSeconds',
  'strict',
])

/**
 * Says how the records of a class are stored. A class needs it only to differ from the defaults, or to give initial values
 * to class fields when the compiler assigns fields rather than defines them (`useDefineForClassFields: false`).
 *
 *     @Entity({ repository: 'indexed', connection: 'cluster', partitions: 4 })
 *     class Visit extends Model {}
 *
 * Throws `DefinitionError` for an unknown option, and for a class that a static field of its own has used already; the values are checked when the class is first used.
 */
export function Entity(options: EntityOptions = {}) {
  return <C extends AbstractRecordClass<ModelRecord>>(recordClass: C): C => {
    const unknown = Object.keys(options).find((name) => !entityOptions.has(name))
    if (unknown !== undefined) {
      const known = [...entityOptions].join(', ')
      throw new DefinitionError(recordClass.name, `@Entity has no option ${quote(unknown)}; it has ${known}.`)
    }
    if (isDefined(recordClass.prototype) && Object.keys(options).length > 0) {
      throw new DefinitionError(
        recordClass.name,
        'a static field or block of it makes records or queries before its decorators have run: @Entity comes too late.',
      )
    }
    const given = Object.entries(options).filter(([, value]) => value !== undefined)
    const entity = withSettledConstruction(recordClass)
    // Not now: static fields of a class with standard decorators come after these.
    standFor(entity.prototype, recordClass.prototype)
    declarationOf(entity.prototype).entity = Object.fromEntries(given)
    return entity
  }
}

/**
 * Makes a property an attribute of the record. Its type decides the cast where none is named: `string`, `number` (float),
 * `boolean`, `bigint`, `Date` (datetime), arrays; other types, and unions with null, need `{ cast }`.
 *
 *     @Attribute() declare ip: string
 *     @Attribute({ cast: 'datetime' }) declare seenAt: Dayjs | null
 *     @Attribute({ cast: 'enum', values: Status }) status = Status.New
 */
export function Attribute(options: AttributeOptions = {}): AttributeDecorator {
  return attributeDecorator('@Attribute', { ...options, decidesCast: true })
}

/**
 * Gives an attribute an index: conditions on it can be asked. Implies `@Attribute()`. With `range: true` also an index in order
 * of value, and then the property has a `Ranged` type, so that the compiler knows of which attributes ranges and orders can
 * be asked.
 *
 *     @Searchable() declare ip: string
 *     @Searchable({ range: true, cast: 'integer' }) declare userId: Ranged<number>
 */
export function Searchable(options: SearchableOptions & { readonly range: true }): RangedDecorator
export function Searchable(options?: SearchableOptions & { readonly range?: false }): UnrangedDecorator
export function Searchable(options: SearchableOptions): AttributeDecorator
export function Searchable(options: SearchableOptions = {}): AttributeDecorator {
  const { range = false, ...attribute } = options
  const decidesCast = attribute.cast !== undefined || attribute.values !== undefined
  return attributeDecorator('@Searchable', { ...attribute, decidesCast, searchable: { range } })
}

/**
 * Lets an attribute decide where a record lies: records with the same value share a hash slot, also those of other models with as
 * many partitions. A query that fixes the value asks one slot, and `transaction` writes several such records in one step.
 * Gives the attribute an index, as `@Searchable()` does. One attribute of a class; fixed for the life of its data.
 *
 *     @HashTag() declare tenantId: string
 */
export function HashTag(): AttributeDecorator {
  return attributeDecorator('@HashTag', { decidesCast: false }, declareHashTag)
}

/**
 * Allows each value of an attribute in one record at most, on the whole cluster; records without a value are free.
 * On a class it takes the names of attributes whose values, taken together, no two records may share. A write that
 * would break it is a `UniqueConstraintError`. Implies `@Attribute()`, and no index.
 *
 *     @Unique(['tenantId', 'name'])
 *     class User extends Model {
 *       @Unique() declare email: string
 *     }
 */
export function Unique(): AttributeDecorator
export function Unique(attributes: readonly string[]): (recordClass: AbstractRecordClass<ModelRecord>) => void
export function Unique(
  attributes?: readonly string[],
): AttributeDecorator | ((recordClass: AbstractRecordClass<ModelRecord>) => void) {
  if (attributes === undefined) {
    return attributeDecorator('@Unique', { decidesCast: false }, (prototype, name) => declareUnique(prototype, [name]))
  }
  return (recordClass: AbstractRecordClass<ModelRecord>, name?: unknown) => {
    if (typeof recordClass !== 'function' || !Array.isArray(attributes) || typeof name === 'string') {
      throw new DefinitionError(
        typeof recordClass === 'function' ? recordClass.name : '?',
        `@Unique() stands at properties, @Unique(['a', 'b']) at the class; it was given ${quote(attributes)} at ${quote(name)}.`,
      )
    }
    refuseLateDeclaration(recordClass, '@Unique')
    declareUnique(recordClass.prototype, attributes)
  }
}

/**
 * Gives several attributes, taken together, an index by equality: a query that fixes all of them reads one entry, where it would
 * otherwise intersect one index with another. The attributes need no index of their own.
 *
 *     @Index(['country', 'status'])
 *     class Order extends Model {
 *       @Attribute() declare country: string
 *       @Searchable() declare status: string
 *     }
 */
export function Index(attributes: readonly string[]): (recordClass: AbstractRecordClass<ModelRecord>) => void {
  return (recordClass) => {
    if (typeof recordClass !== 'function' || !Array.isArray(attributes)) {
      throw new DefinitionError(
        typeof recordClass === 'function' ? recordClass.name : '?',
        `@Index(['a', 'b']) stands at the class and takes names of attributes; it was given ${quote(attributes)}.`,
      )
    }
    refuseLateDeclaration(recordClass, '@Index')
    declareComposite(recordClass.prototype, attributes)
  }
}

/**
 * Lets a number count the writes of a record, beginning with 1: each save and each removal succeeds only if nobody else has
 * written since the record was read, and is a `StaleModelError` otherwise. The check costs no round trip of its own.
 * Implies `@Attribute()`, as an integer where no cast is named.
 *
 *     @Version() declare version: number
 */
export function Version(): AttributeDecorator {
  return attributeDecorator('@Version', { cast: 'integer', decidesCast: false }, declareVersion)
}

/**
 * Adds a getter, or a method without parameters, to the serialised form under its name.
 *
 *     @Computed()
 *     get fullName(): string {
 *       return `${this.firstName} ${this.lastName}`
 *     }
 */
export function Computed(): ComputedDecorator {
  return (target: object, where: string | symbol | StandardContext, _descriptor?: PropertyDescriptor): void => {
    const name = isStandardContext(where) ? where.name : where
    if (typeof name === 'symbol') {
      throw new DefinitionError(target.constructor.name, `@Computed stands at ${quote(name)}, which has no name.`)
    }
    if (isStandardContext(where)) {
      declareLater(where, '@Computed', (prototype) => declarationOf(prototype).computed.add(name))
    } else declarationOf(target).computed.add(name)
  }
}

/** A decorator of getters and methods, as TypeScript's `experimentalDecorators` and as ECMAScript calls it. */
export type ComputedDecorator = (
  target: object,
  where: string | symbol | ClassGetterDecoratorContext | ClassMethodDecoratorContext,
  descriptor?: PropertyDescriptor,
) => void

/** What is declared after the first use of a class would be ignored. */
function refuseLateDeclaration(recordClass: object, decorator: string): void {
  if (!('prototype' in recordClass) || !isDefined(recordClass.prototype as object)) return
  const name = 'name' in recordClass ? String(recordClass.name) : '?'
  throw new DefinitionError(
    name,
    `a static field or block of it makes records or queries before its decorators have run: ${decorator} comes too late.`,
  )
}
