import type { Connection } from '../../connections/connection.js'
import { InvalidStateError } from '../../errors/usage-errors.js'
import { encodeSegment } from '../../schema/key-encoding.js'
import type { ModelSchema } from '../../schema/model-schema.js'
import { text } from '../replies.js'
import { type MigrationOrigin, originText } from './migration-origin.js'

/**
 * How far a migration is, for everybody who reads and writes. `prepared`: nothing has begun; writes go to the old layout.
 * `moving`: writes go to the new one. Reads ask both.
 */
export type MigrationPhase = 'prepared' | 'moving'

/** The phase of a model's migration: one GET. Throws `InvalidStateError` where another migration of the model is under way. */
export async function readPhase(
  connection: Connection,
  schema: ModelSchema,
  origin: MigrationOrigin,
): Promise<MigrationPhase> {
  const stored = text(await connection.send({ type: 'command', name: 'GET', keys: [stateKey(schema)], args: [] }))
  if (stored === '') return 'prepared'
  if (stored === stateText(schema, origin)) return 'moving'
  throw new InvalidStateError(
    `The model [${schema.modelName}] is being migrated otherwise: ${stored}, not ${stateText(schema, origin)}.`,
  )
}

/** Begins the migration for everybody; does nothing where it has begun. Throws as `readPhase`. */
export async function beginMoving(connection: Connection, schema: ModelSchema, origin: MigrationOrigin): Promise<void> {
  const args = [stateText(schema, origin), 'NX']
  await connection.send({ type: 'command', name: 'SET', keys: [stateKey(schema)], args })
  await readPhase(connection, schema, origin)
}

/** Forgets the migration. */
export async function forgetMigration(connection: Connection, schema: ModelSchema): Promise<void> {
  await connection.send({ type: 'command', name: 'DEL', keys: [stateKey(schema)], args: [] })
}

function stateKey(schema: ModelSchema): string {
  return `idx:${encodeSegment(schema.prefix)}:%migration`
}

function stateText(schema: ModelSchema, origin: MigrationOrigin): string {
  return `from ${originText(origin)} to ${schema.partitions} partitions`
}
