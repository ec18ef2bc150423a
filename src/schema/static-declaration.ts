import { quote } from '../errors/quote.js'
import { DefinitionError } from '../errors/usage-errors.js'
import type { AttributeDeclaration, ClassDeclaration, EntityDeclaration, KeyGenerator } from './declaration.js'

/**
 * The static fields by which a class can be declared without decorators; each says what the decorator option of that name
 * says.
 *
 *     class Visit extends Model {
 *       static searchable = ['ip']
 *       static casts = { seenAt: 'datetime' }
 *       declare ip: string
 *       declare seenAt: Dayjs
 *     }
 */
export interface StaticDeclaration {
  readonly key?: string
  readonly prefix?: string
  readonly connection?: string
  readonly partitions?: number
  readonly timestamps?: boolean
  /** Name of the creation time; null: none. */
  readonly CREATED_AT?: string | null
  /** Name of the time of the last update; null: none. */
  readonly UPDATED_AT?: string | null
  readonly hidden?: readonly string[]
  readonly visible?: readonly string[]
  readonly appends?: readonly string[]
  readonly fillable?: readonly string[]
  readonly guarded?: readonly string[]
  readonly ttlSeconds?: number | null
  readonly sliding?: boolean
  readonly indexTtlSeconds?: number
  readonly strict?: boolean
  readonly keyGenerator?: KeyGenerator
  /** Names of attributes; text, where `casts` does not say otherwise. */
  readonly attributes?: readonly string[]
  /** Casts by attribute: a name (`'datetime'`), a `Cast`, an enum, or options as of `@Attribute`. */
  readonly casts?: Readonly<Record<string, unknown>>
  /** Names of the searchable attributes, or options as of `@Searchable` by name. */
  readonly searchable?: readonly string[] | Readonly<Record<string, boolean | { readonly range?: boolean }>>
  /** Name of the attribute that decides where records lie; as `@HashTag()`. */
  readonly hashTag?: string
  /** Names of unique attributes, and lists of names that are unique together; as `@Unique()`. */
  readonly unique?: readonly (string | readonly string[])[]
  /** Values of new records by attribute, or functions that make them. */
  readonly defaults?: Readonly<Record<string, unknown>>
}

/** Static fields that are options of `@Entity`, with the option's name. */
const entityStatics: ReadonlyMap<string, keyof EntityDeclaration> = new Map([
  ['key', 'key'],
  ['prefix', 'prefix'],
  ['connection', 'connection'],
  ['repository', 'repository'],
  ['partitions', 'partitions'],
  ['timestamps', 'timestamps'],
  ['CREATED_AT', 'createdAt'],
  ['UPDATED_AT', 'updatedAt'],
  ['keyGenerator', 'keyGenerator'],
  ['hidden', 'hidden'],
  ['visible', 'visible'],
  ['appends', 'appends'],
  ['fillable', 'fillable'],
  ['guarded', 'guarded'],
  ['ttlSeconds', 'ttlSeconds'],
  ['sliding', 'sliding'],
  ['indexTtlSeconds', 'indexTtlSeconds'],
  ['strict', 'strict'],
])

const known = new WeakMap<object, ClassDeclaration | null>()

/** What the static fields of this very class declare; undefined for none. Read once. Throws `DefinitionError`. */
export function staticsOf(prototype: object): ClassDeclaration | undefined {
  const found = known.get(prototype)
  if (found !== undefined) return found ?? undefined
  const declared = readStatics(prototype)
  known.set(prototype, declared)
  return declared ?? undefined
}

function readStatics(prototype: object): ClassDeclaration | null {
  const owner: unknown = Object.hasOwn(prototype, 'constructor') ? prototype.constructor : undefined
  if (typeof owner !== 'function') return null
  const own = (name: string): unknown => (Object.hasOwn(owner, name) ? Reflect.get(owner, name) : undefined)
  const entity: Record<string, unknown> = {}
  for (const [name, option] of entityStatics) {
    const value = own(name)
    if (value !== undefined) entity[option] = value
  }
  const attributes = new Map<string, AttributeDeclaration>()
  const add = (name: string, declaration: Partial<AttributeDeclaration>): void => {
    const untyped = { name, designType: undefined, decidesCast: false, isUntyped: true }
    attributes.set(name, { ...untyped, ...attributes.get(name), ...declaration })
  }
  for (const name of namesOf(owner.name, 'attributes', own('attributes'))) add(name, {})
  for (const [name, cast] of entriesOf(owner.name, 'casts', own('casts'))) {
    add(name, { ...castDeclaration(cast), decidesCast: true, isUntyped: false })
  }
  for (const [name, searchable] of searchableOf(owner.name, own('searchable'))) add(name, { searchable })
  for (const [name, value] of entriesOf(owner.name, 'defaults', own('defaults'))) add(name, { default: value })
  return attributes.size === 0 && Object.keys(entity).length === 0 ? null : { attributes, computed: new Set(), entity }
}

/** A name, a `Cast`, options as of `@Attribute`, or else the values of an enum. */
function castDeclaration(cast: unknown): Partial<AttributeDeclaration> {
  if (typeof cast !== 'object' || cast === null || 'toStored' in cast) return { cast: cast as never }
  const isOptions = Object.keys(cast).every((name) => name === 'cast' || name === 'values' || name === 'default')
  return isOptions && !Array.isArray(cast) ? cast : { values: cast as never }
}

function* searchableOf(model: string, value: unknown): Generator<[string, { readonly range: boolean }]> {
  if (value === undefined || Array.isArray(value)) {
    for (const name of namesOf(model, 'searchable', value)) yield [name, { range: false }]
    return
  }
  for (const [name, options] of entriesOf(model, 'searchable', value)) {
    if (options === false) continue
    const range: unknown = typeof options === 'object' && options !== null ? Reflect.get(options, 'range') : false
    yield [name, { range: range === true }]
  }
}

function namesOf(model: string, field: string, value: unknown): readonly string[] {
  if (value === undefined) return []
  if (Array.isArray(value) && value.every((name) => typeof name === 'string')) return value
  throw new DefinitionError(model, `its static ${field} is ${quote(value)}; it must be a list of attribute names.`)
}

function entriesOf(model: string, field: string, value: unknown): readonly [string, unknown][] {
  if (value === undefined) return []
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return Object.entries(value)
  throw new DefinitionError(model, `its static ${field} is ${quote(value)}; it must be an object by attribute name.`)
}
