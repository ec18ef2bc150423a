import type { ModelSchema } from '../../schema/model-schema.js'
import type { ConnectionSource } from '../connection-source.js'
import { HashSource } from './hash-source.js'
import type { MigrationOrigin } from './migration-origin.js'
import type { MigrationSource } from './migration-source.js'
import { PartitionSource } from './partition-source.js'

/** The layout that a model leaves, as it is read and emptied. */
export function sourceOf(connection: ConnectionSource, schema: ModelSchema, origin: MigrationOrigin): MigrationSource {
  if (typeof origin === 'string') return new HashSource(connection, schema, origin)
  return new PartitionSource(connection, schema, origin.partitions)
}
