import 'reflect-metadata'
import { quote } from '../errors/quote.js'
import { DefinitionError } from '../errors/usage-errors.js'
import type { RepositoryChoice } from '../repositories/repository-factory.js'
import type { RangedProperty, UnrangedProperty, UnrangedValue } from '../schema/attribute-types.js'
import type { CastDeclaration } from '../schema/cast-registry.js'
import { entityOf } from '../schema/class-declarations.js'
import { declareHashTag, declareUnique } from '../schema/consistency-declaration.js'
import {
  type AttributeDeclaration,
  declarationOf,
  declareAttribute,
  type EntityDeclaration,
} from '../schema/declaration.js'
import { declareComposite, declareVersion } from '../schema/write-declaration.js'
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

/** Options of `@Searchable`. */
export interface SearchableOptions {
  /** True: also an index in order of value, for `>`, `between`, `orderBy` …; numbers, moments and text have one. */
  readonly range?: boolean
}

/** A decorator of properties, as TypeScript's `experimentalDecorators` calls it. */
export type AttributeDecorator = (prototype: object, name: string | symbol, descriptor?: PropertyDescriptor) => void

/** A decorator of properties that have a `Ranged` type. */
export type RangedDecorator = <Owner extends object, Name extends string | symbol>(
  prototype: Owner,
  name: Name & RangedProperty<Owner, Name>,
  descriptor?: PropertyDescriptor,
) => void

/**
 * A decorator of properties that have another type than a `Ranged` one. The first form takes type parameters, of which the compiler
 * knows too little for the second; the second private properties.
 */
export interface UnrangedDecorator {
  <Name extends string | symbol>(
    prototype: { readonly [Property in Name]?: UnrangedValue },
    name: Name,
    descriptor?: PropertyDescriptor,
  ): void
  <Owner extends object, Name extends string | symbol>(
    prototype: Owner,
    name: Name & UnrangedProperty<Owner, Name>,
    descriptor?: PropertyDescriptor,
  ): void
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
    const { prefix } = entityOf(recordClass.prototype)
    declarationOf(entity.prototype).entity = { ...(prefix !== undefined && { prefix }), ...Object.fromEntries(given) }
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
  return (prototype, name, descriptor) => {
    declare(prototype, name, descriptor, '@Attribute', { ...options, decidesCast: true })
  }
}

/**
 * Gives an attribute an index: conditions on it can be asked. Implies `@Attribute()`. With `range: true` also an index in order
 * of value, and then the property has a `Ranged` type, so that the compiler knows of which attributes ranges and orders can
 * be asked.
 *
 *     @Searchable() declare ip: string
 *     @Attribute({ cast: 'integer' }) @Searchable({ range: true }) declare userId: Ranged<number>
 */
export function Searchable(options: SearchableOptions & { readonly range: true }): RangedDecorator
export function Searchable(options?: SearchableOptions & { readonly range?: false }): UnrangedDecorator
export function Searchable(options: SearchableOptions): AttributeDecorator
export function Searchable(options: SearchableOptions = {}): AttributeDecorator {
  return (prototype, name, descriptor) => {
    const searchable = { range: options.range ?? false }
    declare(prototype, name, descriptor, '@Searchable', { decidesCast: false, searchable })
  }
}

/**
 * Lets an attribute decide where a record lies: records with the same value share a hash slot, also those of other models with as
 * many partitions. A query that fixes the value asks one slot, and `transaction` writes several such records in one step.
 * Gives the attribute an index, as `@Searchable()` does. One attribute of a class; fixed for the life of its data.
 *
 *     @HashTag() declare tenantId: string
 */
export function HashTag(): AttributeDecorator {
  return (prototype, name, descriptor) => {
    declare(prototype, name, descriptor, '@HashTag', { decidesCast: false })
    if (typeof name === 'string') declareHashTag(prototype, name)
  }
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
): (target: object, name?: string | symbol, descriptor?: PropertyDescriptor) => void {
  return (target, name, descriptor) => {
    if (name !== undefined && attributes === undefined) {
      declare(target, name, descriptor, '@Unique', { decidesCast: false })
      if (typeof name === 'string') declareUnique(target, [name])
    } else if (typeof target === 'function' && name === undefined && Array.isArray(attributes)) {
      refuseLateDeclaration(target, '@Unique')
      declareUnique(target.prototype, attributes)
    } else {
      const model = typeof target === 'function' ? target.name : target.constructor.name
      throw new DefinitionError(
        model,
        `@Unique() stands at properties, @Unique(['a', 'b']) at the class; it was given ${quote(attributes)} at ${quote(name ?? model)}.`,
      )
    }
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
  return (prototype, name, descriptor) => {
    declare(prototype, name, descriptor, '@Version', { cast: 'integer', decidesCast: false })
    if (typeof name === 'string') declareVersion(prototype, name)
  }
}

/**
 * Adds a getter, or a method without parameters, to the serialised form under its name.
 *
 *     @Computed()
 *     get fullName(): string {
 *       return `${this.firstName} ${this.lastName}`
 *     }
 */
export function Computed() {
  return (prototype: object, name: string | symbol, _descriptor?: PropertyDescriptor): void => {
    refuseStandardDecorators(name, '@Computed')
    if (typeof name === 'symbol') {
      throw new DefinitionError(prototype.constructor.name, `@Computed stands at ${quote(name)}, which has no name.`)
    }
    declarationOf(prototype).computed.add(name)
  }
}

function declare(
  prototype: object,
  name: string | symbol,
  descriptor: PropertyDescriptor | undefined,
  decorator: string,
  declaration: Omit<AttributeDeclaration, 'name' | 'designType'>,
): void {
  refuseStandardDecorators(name, decorator)
  const model = typeof prototype === 'function' ? prototype.name : prototype.constructor.name
  if (typeof prototype === 'function' || typeof name === 'symbol' || descriptor !== undefined) {
    throw new DefinitionError(
      model,
      `${decorator} stands at ${quote(name)}, which is no property of instances: declare it as \`declare ${String(name)}: …\`; methods, accessors, statics and symbols cannot be attributes.`,
    )
  }
  const designType: unknown = Reflect.getMetadata('design:type', prototype, name)
  declareAttribute(prototype, { ...declaration, name, designType })
}

/** What is declared after the first use of a class would be ignored. */
function refuseLateDeclaration(recordClass: object, decorator: string): void {
  if (!('prototype' in recordClass) || !isDefined(recordClass.prototype as object)) return
  const name = 'name' in recordClass ? String(recordClass.name) : '?'
  throw new DefinitionError(
    name,
    `a static field or block of it makes records or queries before its decorators have run: ${decorator} comes too late.`,
  )
}

/** Standard decorators get a context object, and no class that could be asked for its types. */
function refuseStandardDecorators(context: unknown, decorator: string): void {
  if (typeof context !== 'object' || context === null) return
  const name = 'name' in context ? String(context.name) : '?'
  throw new DefinitionError(
    '?',
    `${decorator} on '${name}' was compiled as a standard decorator. Set "experimentalDecorators" and "emitDecoratorMetadata" in tsconfig.json.`,
  )
}
