import type { Cast } from './cast.js'

/** `indexTtlMs` of a model that does not choose: seven days. */
export const DEFAULT_INDEX_TTL_MS = 7 * 86_400_000

/** One declared attribute. */
export interface AttributeSchema {
  readonly name: string
  readonly cast: Cast
  /** Null: not searchable. `range` adds an index in value order to the one by equality. */
  readonly index: { readonly range: boolean } | null
}

/** An index by equality over several attributes: `@Index(['country', 'status'])`. */
export interface CompositeSchema {
  /** At least two, in the order of the declaration. They need no index of their own. */
  readonly attributes: readonly AttributeSchema[]
}

/** Attributes whose values, taken together, belong to one record at most. A list with a null among its values is free. */
export interface UniqueSchema {
  /** At least one, in the order of the declaration. They need no index. */
  readonly attributes: readonly AttributeSchema[]
}

/** What a model class declares, resolved once with its base classes. Immutable. */
export interface ModelSchema {
  /** Class name, for messages: `Visit`. */
  readonly modelName: string
  /** First segment of every key, without the connection's key prefix: `visits`. */
  readonly prefix: string
  /** Name of the key attribute: `id`. It is not among `attributes`. */
  readonly keyName: string
  readonly attributes: ReadonlyMap<string, AttributeSchema>
  /** The attributes with an index, in alphabetical order of their names (UTF-8 bytes). */
  readonly searchable: readonly AttributeSchema[]
  /** In the order of their declaration, those of base classes first. */
  readonly composites: readonly CompositeSchema[]
  /**
   * How long an index key outlives, at least, the last write to it, once all records in it expire; milliseconds. An index
   * key with a record that does not expire never expires itself.
   */
  readonly indexTtlMs: number
  /**
   * The attribute with `@HashTag()`, which decides the partition of a record in the place of the id; absent: the id does.
   * Two records of one model may have the same id only in different partitions.
   */
  readonly hashTag?: AttributeSchema
  /** The lists of attributes with `@Unique`, each of which no two records may share; absent: none. */
  readonly uniques?: readonly UniqueSchema[]
  /** Whether queries are strict that do not choose themselves; absent: as it is set for all models. */
  readonly strict?: boolean
  /** Number of hash tags over which the `indexed` repository spreads the model; fixed for the life of its data. */
  readonly partitions: number
}
