/**
 * ActiveRedis: models, typed queries and atomic secondary indexes on Redis, Redis Cluster and Valkey.
 *
 * Importing it opens nothing and changes nothing, except that `reflect-metadata` is loaded for the decorators, and that
 * `Symbol.metadata` exists afterwards, for standard ones.
 */
import 'reflect-metadata'

export type {
  ConfirmedWrites,
  Connection,
  ConnectionHealth,
  ConnectionResolver,
  NodeHealth,
  Outcome,
  PrimaryNode,
  ReadSource,
  ReplicaReadOptions,
  ReplicaReads,
  ReplicaWait,
  Request,
  Script,
} from './connections/connection.js'
export { ConnectionManager, DEFAULT_CONNECTION } from './connections/connection-manager.js'
export type {
  ClusterOptions,
  ConnectionOptions,
  EmbeddedOptions,
  NodeAddress,
  StandaloneOptions,
  TlsOptions,
} from './connections/connection-options.js'
export { formatConnectionUrl, parseConnectionUrl } from './connections/connection-url.js'
export { type ConnectionSource, openConnection } from './connections/open-connection.js'
export { ActiveRedisError } from './errors/active-redis-error.js'
export { BulkWriteError } from './errors/bulk-errors.js'
export {
  OutOfRangeError,
  type RangeViolation,
  StaleModelError,
  UniqueConstraintError,
} from './errors/conflict-errors.js'
export {
  ConfigurationError,
  ConnectionError,
  CrossSlotError,
  type KeySlot,
  ReplicationError,
  ServerError,
} from './errors/connection-errors.js'
export { ERROR_CODES, type ErrorCode } from './errors/error-codes.js'
export { IndexNotReadyError, ScanRefusedError } from './errors/index-errors.js'
export { DuplicateKeyError, InvalidKeyError, ModelNotFoundError, MultipleRecordsError } from './errors/record-errors.js'
export { AmbiguousKeyError, TransactionCancelledError } from './errors/tag-errors.js'
export {
  AttributeNotSearchableError,
  DefinitionError,
  InvalidArgumentError,
  InvalidStateError,
  MassAssignmentError,
} from './errors/usage-errors.js'
export { CastError, JsonEncodingError } from './errors/value-errors.js'
export type { InsertFailure, InsertManyOptions, InsertProgress, InsertReport, InsertRows } from './model/bulk-insert.js'
export type { BulkOptions, BulkReport, RowOutcome, RowResult } from './model/bulk-report.js'
export { type ClaimReport, type ClaimUniqueOptions, claimUnique, type UniqueConflict } from './model/claim-unique.js'
export { type ConfirmationOptions, confirmed } from './model/confirmed.js'
export {
  Attribute,
  type AttributeOptions,
  Computed,
  Entity,
  type EntityOptions,
  HashTag,
  Index,
  Searchable,
  type SearchableOptions,
  Unique,
  Version,
} from './model/decorators.js'
export type { Expiry, LifetimeOptions } from './model/expiry-moment.js'
export type { IncrementOptions } from './model/increment.js'
export type { IndexSweeper, SweeperOptions } from './model/index-sweeper.js'
export { Model } from './model/model.js'
export type { EventDispatcher, EventHandler, ModelEvent } from './model/model-events.js'
export type { ModelIndex } from './model/model-index.js'
export { ModelQuery } from './model/model-query.js'
export { connections } from './model/model-settings.js'
export type { Observer, ObserverClass, Observers } from './model/observers.js'
export type { InsertOptions } from './model/persistence.js'
export type { QueryWithScopes, ScopedClass, ScopeMethods } from './model/query-of.js'
export type { RouteParamHandler } from './model/route-binding.js'
export type { Scope, Scoped } from './model/scopes.js'
export type { Predicate, StoredCondition } from './model/stored-condition.js'
export type { RawAttributes } from './model/tracked-record.js'
export { type Transaction, transaction } from './model/transaction.js'
export type { ConditionGroup } from './query/conditional-query.js'
export type { Operator, RangeOperator } from './query/conditions.js'
export type { ActualCost, Explanation } from './query/explanation.js'
export type { CursorPageOptions, NumberedPage, Page, StreamOptions } from './query/paged-query.js'
export { Query } from './query/query.js'
export type { TraceListener } from './query/question.js'
export { setStrictQueries } from './query/strict-mode.js'
export { escapeWildcards } from './query/wildcard.js'
export { ArrayRepository } from './repositories/array/array-repository.js'
export type { Aggregation, Criteria, Criterion, Order, Position } from './repositories/criteria.js'
export type { BuildReport, PruneReport } from './repositories/indexed/maintenance/index-maintenance.js'
export type {
  IndexExample,
  IndexFinding,
  IndexFindings,
  IndexReport,
} from './repositories/indexed/maintenance/index-report.js'
export type { IndexState, IndexStatus } from './repositories/indexed/maintenance/index-status.js'
export type {
  InspectionOptions,
  MaintenanceOptions,
  MaintenanceProgress,
} from './repositories/indexed/maintenance/maintenance-options.js'
export type {
  MigrationFailure,
  MigrationOptions,
  MigrationProgress,
  MigrationReport,
} from './repositories/migration/migrate-records.js'
export { migratingFrom } from './repositories/migration/migrating-from.js'
export type { MigrationOrigin } from './repositories/migration/migration-origin.js'
export type {
  AggregateResult,
  Fields,
  NewRecord,
  QueryPlan,
  QueryTrace,
  RecordChange,
  RecordPage,
  Repository,
  StoredRecord,
} from './repositories/repository.js'
export type { RepositoryChoice, RepositoryClass } from './repositories/repository-factory.js'
export type {
  AttributeConditions,
  AttributeName,
  AttributeValues,
  ComparableName,
  NullableName,
  NumberName,
  OperatorOf,
  Ranged,
  RangedName,
  TextName,
} from './schema/attribute-types.js'
export { type Cast, CastMismatch } from './schema/cast.js'
export type { CastDeclaration, CastName } from './schema/cast-registry.js'
export type { EnumValues } from './schema/casts/enum-cast.js'
export type { KeyGenerator } from './schema/declaration.js'
export { hashSlot } from './schema/hash-slot.js'
export type { AttributeSchema, ModelSchema } from './schema/model-schema.js'
export type { KeyInput } from './schema/record-key.js'
export type { StaticDeclaration } from './schema/static-declaration.js'
