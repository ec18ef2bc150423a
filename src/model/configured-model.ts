// biome-ignore-all lint/complexity/noThisInStatic: statics of a base class serve the class on which they are called

import type { Connection, ConnectionResolver } from '../connections/connection.js'
import {
  type MigrationOptions,
  type MigrationReport,
  migrateRecords,
} from '../repositories/migration/migrate-records.js'
import type { Repository } from '../repositories/repository.js'
import type { RepositoryChoice } from '../repositories/repository-factory.js'
import type { StaticDeclaration } from '../schema/static-declaration.js'
import { clearBooted, definitionOf } from './definition-of.js'
import { refuseGuarded } from './mass-assignment.js'
import { ModelIndex } from './model-index.js'
import { type ModelRecord, stateOf } from './model-record.js'
import {
  chooseConnection,
  chooseRepository,
  connectionOf,
  openConnectionOf,
  repositoryOf,
  useConnections,
} from './model-settings.js'
import { SerialisedRecord } from './serialised-record.js'
import { storageOf } from './storage-of.js'

/** How a class is declared by static fields, where its records are stored, and what runs when it is first used. */
export abstract class ConfiguredModel extends SerialisedRecord {
  /** Name of the key attribute, default `id`. This field and those below say what the option of `@Entity` of that name says. */
  declare static readonly key?: StaticDeclaration['key']
  declare static readonly prefix?: StaticDeclaration['prefix']
  declare static readonly connection?: StaticDeclaration['connection']
  declare static readonly repository?: RepositoryChoice
  declare static readonly partitions?: StaticDeclaration['partitions']
  declare static readonly timestamps?: StaticDeclaration['timestamps']
  declare static readonly CREATED_AT?: StaticDeclaration['CREATED_AT']
  declare static readonly UPDATED_AT?: StaticDeclaration['UPDATED_AT']
  declare static readonly hidden?: StaticDeclaration['hidden']
  declare static readonly visible?: StaticDeclaration['visible']
  declare static readonly appends?: StaticDeclaration['appends']
  declare static readonly fillable?: StaticDeclaration['fillable']
  declare static readonly guarded?: StaticDeclaration['guarded']
  declare static readonly ttlSeconds?: StaticDeclaration['ttlSeconds']
  declare static readonly sliding?: StaticDeclaration['sliding']
  declare static readonly keyGenerator?: StaticDeclaration['keyGenerator']
  declare static readonly indexTtlSeconds?: StaticDeclaration['indexTtlSeconds']
  declare static readonly strict?: StaticDeclaration['strict']
  /** Names of attributes; text, where `casts` does not say otherwise. */
  declare static readonly attributes?: StaticDeclaration['attributes']
  /** Casts by attribute: a name (`'datetime'`), a `Cast`, an enum, or options as of `@Attribute`. */
  declare static readonly casts?: StaticDeclaration['casts']
  /** Names of the searchable attributes, or options as of `@Searchable` by name: `{ ip: true, userId: { range: true } }`. */
  declare static readonly searchable?: StaticDeclaration['searchable']
  /** Values of new records by attribute, or functions that make them. */
  declare static readonly defaults?: StaticDeclaration['defaults']
  /** Name of the attribute that decides where records lie; as `@HashTag()`. */
  declare static readonly hashTag?: StaticDeclaration['hashTag']
  /** Names of unique attributes, and lists of names that are unique together; as `@Unique()`. */
  declare static readonly unique?: StaticDeclaration['unique']

  /**
   * Runs once, before the class is first used: to register handlers, scopes, observers. In this order `booting`, `boot`, the
   * static `bootX` of mixins, `booted`; the hooks of base classes have run before. Base classes run their own: do not call `super`.
   */
  protected static booting(): void {}
  /** See `booting`. */
  protected static boot(): void {}
  /** See `booting`. */
  protected static booted(): void {}

  /** Has every model boot again when it is next used; for tests. What was registered before stays. */
  static clearBootedModels(): void {
    clearBooted()
  }

  /**
   * Sets whether an attribute that a model guards is a `MassAssignmentError`, for all models. Default: it is left out, unless
   * the model guards all.
   */
  static preventSilentlyDiscardingAttributes(isStrict = true): void {
    refuseGuarded(isStrict)
  }

  /** The connections of all models; without it those of `connections`, whose default comes from the environment. */
  static useConnections(resolver: ConnectionResolver): void {
    useConnections(resolver)
  }

  /**
   * Sets the repository of this class and its subclasses, as far as they choose none: `Model.setRepository('array')` for
   * tests, `Visit.setRepository('indexed')` for one model. Where nothing is set it is `indexed`. Throws `InvalidArgumentError` for an unknown name.
   */
  static setRepository(this: { prototype: ModelRecord }, repository: RepositoryChoice): void {
    chooseRepository(this.prototype, repository)
  }

  /** The repository of this class. Opens no connection. */
  static getRepository(this: { prototype: ModelRecord }): Repository {
    return repositoryOf(this.prototype)
  }

  /** The indexes of this model: `Visit.index.verify()`. Opens no connection. Throws `DefinitionError`. */
  static get index(): ModelIndex {
    const prototype: object = this.prototype
    const { schema } = definitionOf(prototype)
    return new ModelIndex(schema, () => storageOf(prototype, schema))
  }

  /**
   * Moves the records of this model to the `indexed` layout, from that of `redis` or `cluster` (and of the PHP library), or from
   * another number of partitions, while it is read and written by releases whose repository is `migratingFrom(…)`.
   * Throws `InvalidArgumentError` and `InvalidStateError`.
   *
   *     const plan = await Visit.migrate({ from: 'redis', dryRun: true })
   */
  static migrate(this: { prototype: ModelRecord }, options: MigrationOptions): Promise<MigrationReport> {
    const prototype: object = this.prototype
    return migrateRecords(() => openConnectionOf(prototype), definitionOf(prototype).schema, options)
  }

  /** Sets the connection of this class and its subclasses, as far as they choose none; null: the default connection. */
  static setConnection(this: { prototype: ModelRecord }, connection: string | null): void {
    chooseConnection(this.prototype, connection)
  }

  /** The name of the connection of this class; null for the default connection. */
  static getConnectionName(this: { prototype: ModelRecord }): string | null {
    return connectionOf(this.prototype) ?? null
  }

  /** Opens a connection, by default that of this class. Throws as the resolver does. */
  static resolveConnection(this: { prototype: ModelRecord }, name?: string): Promise<Connection> {
    return openConnectionOf(this.prototype, name)
  }

  /** The names of the casts by attribute. */
  static getCasts(this: { prototype: ModelRecord }): Record<string, string> {
    return castsOf(this.prototype)
  }

  /** The name of the connection of this record's class; null for the default connection. */
  getConnectionName(): string | null {
    return connectionOf(Object.getPrototypeOf(this)) ?? null
  }

  /** First segment of every key of the model, without the connection's prefix: `visits`. */
  getHashPrefix(): string {
    return stateOf(this).definition.schema.prefix
  }

  /** The names of the casts by attribute. */
  getCasts(): Record<string, string> {
    return castsOf(Object.getPrototypeOf(this))
  }

  /** Whether an attribute has a cast, or one of these: `hasCast('seenAt', ['date', 'datetime'])`. Text is a cast, too. */
  hasCast(name: string, types?: string | readonly string[]): boolean {
    const cast = stateOf(this).definition.schema.attributes.get(name)?.cast.name
    if (cast === undefined || types === undefined) return cast !== undefined
    const wanted = (typeof types === 'string' ? [types] : types).map((type) => type.toLowerCase().trim())
    return wanted.some((type) => type === cast || cast.startsWith(`${type}(`))
  }

  /** The names of the attributes that hold moments. */
  getDates(): readonly string[] {
    return Object.entries(this.getCasts())
      .filter(([, cast]) => cast === 'date' || cast === 'datetime' || cast === 'timestamp')
      .map(([name]) => name)
  }
}

function castsOf(prototype: object): Record<string, string> {
  const { attributes } = definitionOf(prototype).schema
  return Object.fromEntries(Array.from(attributes.values(), ({ name, cast }) => [name, cast.name]))
}
