import { quote } from '../../errors/quote.js'
import { InvalidArgumentError } from '../../errors/usage-errors.js'
import type { ModelSchema } from '../../schema/model-schema.js'
import { MAX_PARTITIONS } from '../../schema/partition.js'

/** The layout that a model leaves: that of `redis` or `cluster`, or that of `indexed` with another number of partitions. */
export type MigrationOrigin = 'redis' | 'cluster' | { readonly partitions: number }

/** Refuses what is no origin; throws `InvalidArgumentError`. */
export function checkOrigin(origin: MigrationOrigin): void {
  if (origin === 'redis' || origin === 'cluster') return
  const partitions: unknown = typeof origin === 'object' && origin !== null ? origin.partitions : undefined
  const isCount = typeof partitions === 'number' && Number.isInteger(partitions)
  if (isCount && partitions >= 1 && partitions <= MAX_PARTITIONS) return
  throw new InvalidArgumentError(
    `${quote(origin)} is no layout to migrate from: give 'redis', 'cluster' or { partitions: 1 … ${MAX_PARTITIONS} }.`,
  )
}

/** Refuses a model that is where it is to go; throws `InvalidArgumentError`. */
export function checkDestination(schema: ModelSchema, origin: MigrationOrigin): void {
  if (typeof origin === 'string' || origin.partitions !== schema.partitions) return
  throw new InvalidArgumentError(`The model [${schema.modelName}] has ${schema.partitions} partitions already.`)
}

/** An origin for a person and for the stored state: `redis`, `6 partitions`. */
export function originText(origin: MigrationOrigin): string {
  return typeof origin === 'string' ? origin : `${origin.partitions} partitions`
}
