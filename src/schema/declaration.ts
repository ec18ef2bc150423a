import type { CastDeclaration } from './cast-registry.js'
import type { KeyInput } from './record-key.js'

/** Makes the key of a new record that has none; may be async. */
export type KeyGenerator = () => KeyInput | Promise<KeyInput>

/** What `@Entity` may say about storage and behaviour. What it does not say is inherited from the base class. */
export interface EntityDeclaration<Repository = unknown> {
  /** `'indexed'`, `'redis'`, `'cluster'`, `'array'`, a repository class or object; default: that of `Model.setRepository`. */
  readonly repository?: Repository
  /** Name of a connection; default: the default connection. */
  readonly connection?: string
  /** Number of hash tags over which the records are spread, 1 to 1024, default 6; fixed for the life of the data. */
  readonly partitions?: number
  /** First segment of every key; default: the plural of the class name in snake case. Not inherited. */
  readonly prefix?: string
  /** Name of the key attribute, default `id`. */
  readonly key?: string
  /** False: no creation and update times. Default true. */
  readonly timestamps?: boolean
  /** Name of the attribute that holds the creation time, default `created_at`; null: none. */
  readonly createdAt?: string | null
  /** Name of the attribute that holds the time of the last update, default `updated_at`; null: none. */
  readonly updatedAt?: string | null
  /** Default: UUID version 7, ordered by time. */
  readonly keyGenerator?: KeyGenerator
  /** Names that the serialised form leaves out: attributes, the key, computed ones. */
  readonly hidden?: readonly string[]
  /** Names that alone are in the serialised form, as far as they are not hidden; empty: all. */
  readonly visible?: readonly string[]
  /** Getters, and methods without parameters, whose values the serialised form has too; as `@Computed()`. */
  readonly appends?: readonly string[]
  /** The attributes that may be assigned many at a time (`fill`, `create`, `update` …); absent: see `guarded`. */
  readonly fillable?: readonly string[]
  /** The attributes that may not, where `fillable` is absent; `['*']`: none may. Default: none is guarded. */
  readonly guarded?: readonly string[]
  /** New records expire after so many seconds, fractions allowed, unless they are created with another `ttl`; null: never. */
  readonly ttlSeconds?: number | null
  /**
   * Index keys whose records all expire are kept for so many seconds, at least, after the last write to them; default seven days.
   */
  readonly indexTtlSeconds?: number
  /** Whether queries refuse what no index answers; see `Query.strict`. Absent: as `setStrictQueries` says for all models. */
  readonly strict?: boolean
  /** True: reading a record that expires moves its deadline to `ttlSeconds` from now, never to an earlier one. */
  readonly sliding?: boolean
}

/** One property with `@Attribute` or `@Searchable`. */
export interface AttributeDeclaration extends CastDeclaration {
  readonly name: string
  /** The constructor that the compiler recorded, `undefined` where it recorded none. */
  readonly designType: unknown
  /** True with `@Attribute`, which decides the cast; `@Searchable` alone adds to what is declared elsewhere. */
  readonly decidesCast: boolean
  /** Undefined: not declared searchable here. */
  readonly searchable?: { readonly range: boolean }
  /** The value of new records, or a function that makes it. Undefined: none is declared here. */
  readonly default?: unknown
  /** True for a name in a static list, which has no type: text, unless a cast or a type is declared elsewhere. */
  readonly isUntyped?: boolean
}

/** What one class declares itself, without its base classes. Filled by decorators, read once when the model is first used. */
export interface ClassDeclaration {
  readonly attributes: Map<string, AttributeDeclaration>
  /** Names with `@Computed()`. */
  readonly computed: Set<string>
  entity: EntityDeclaration
}

/** Declarations by prototype: a class decorator may replace the constructor, but the prototype stays. */
const declarations = new WeakMap<object, ClassDeclaration>()

/** The declaration of a class, to be filled. */
export function declarationOf(prototype: object): ClassDeclaration {
  const known = declarations.get(prototype)
  if (known) return known
  const created: ClassDeclaration = { attributes: new Map(), computed: new Set(), entity: {} }
  declarations.set(prototype, created)
  return created
}

const writtenPrototypes = new WeakMap<object, object>()

/** Notes that a class stands for the one that was written: what that one declares of itself, this one does. */
export function standFor(prototype: object, written: object): void {
  writtenPrototypes.set(prototype, written)
}

/** The prototype for which this one stands; null for none. */
export function writtenFor(prototype: object): object | null {
  return writtenPrototypes.get(prototype) ?? null
}

/** What decorators declared of this very class; undefined where there are none. */
export function decoratorsOf(prototype: object): ClassDeclaration | undefined {
  return declarations.get(prototype)
}

/**
 * Adds to what this class declared of the property before: `@Attribute` and `@Searchable` stand together in either order, and
 * the cast that one of them names counts.
 */
export function declareAttribute(prototype: object, attribute: AttributeDeclaration): void {
  const { attributes } = declarationOf(prototype)
  const earlier = attributes.get(attribute.name)
  const isCastNamed = earlier?.decidesCast === true && namesCast(earlier) && !namesCast(attribute)
  attributes.set(
    attribute.name,
    mergeAttribute(earlier, isCastNamed ? { ...attribute, decidesCast: false } : attribute),
  )
}

function namesCast({ cast, values }: AttributeDeclaration): boolean {
  return cast !== undefined || values !== undefined
}

/** A declaration and a later one of the same property, also that of a subclass. */
export function mergeAttribute(
  earlier: AttributeDeclaration | undefined,
  later: AttributeDeclaration,
): AttributeDeclaration {
  if (!earlier) return later
  const isTyped = later.decidesCast || (!earlier.decidesCast && !later.isUntyped)
  const searchable = later.searchable ?? earlier.searchable
  const initial = later.default === undefined ? earlier.default : later.default
  return {
    ...(isTyped ? later : earlier),
    ...(searchable && { searchable }),
    ...(initial !== undefined && { default: initial }),
  }
}
