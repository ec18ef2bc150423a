import type { Cast } from './cast.js'

/** One declared attribute. */
export interface AttributeSchema {
  readonly name: string
  readonly cast: Cast
  /** Null: not searchable. `range` adds an index in value order to the one by equality. */
  readonly index: { readonly range: boolean } | null
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
  /** Number of hash tags over which the `indexed` repository spreads the model; fixed for the life of its data. */
  readonly partitions: number
}
