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
}

/** What one class declares itself, without its base classes. Filled by decorators, read once when the model is first used. */
export interface ClassDeclaration {
  readonly attributes: Map<string, AttributeDeclaration>
  entity: EntityDeclaration
}

/** Declarations by prototype: a class decorator may replace the constructor, but the prototype stays. */
const declarations = new WeakMap<object, ClassDeclaration>()

/** The declaration of a class, to be filled. */
export function declarationOf(prototype: object): ClassDeclaration {
  const known = declarations.get(prototype)
  if (known) return known
  const created: ClassDeclaration = { attributes: new Map(), entity: {} }
  declarations.set(prototype, created)
  return created
}

/** What `@Entity` said about this very class. */
export function entityOf(prototype: object): EntityDeclaration {
  return declarations.get(prototype)?.entity ?? {}
}

/** The declarations of a class and its base classes, the base first. */
export function declarationChain(prototype: object): readonly ClassDeclaration[] {
  const chain: ClassDeclaration[] = []
  for (let level: object | null = prototype; level !== null; level = Object.getPrototypeOf(level)) {
    const declaration = declarations.get(level)
    if (declaration) chain.unshift(declaration)
  }
  return chain
}

/** Adds to what this class declared of the property before: `@Attribute` and `@Searchable` stand together in either order. */
export function declareAttribute(prototype: object, attribute: AttributeDeclaration): void {
  const { attributes } = declarationOf(prototype)
  attributes.set(attribute.name, mergeAttribute(attributes.get(attribute.name), attribute))
}

/** A declaration and a later one of the same property, also that of a subclass. */
export function mergeAttribute(
  earlier: AttributeDeclaration | undefined,
  later: AttributeDeclaration,
): AttributeDeclaration {
  if (!earlier) return later
  const typed = later.decidesCast || !earlier.decidesCast ? later : earlier
  const searchable = later.searchable ?? earlier.searchable
  return { ...typed, ...(searchable && { searchable }) }
}
