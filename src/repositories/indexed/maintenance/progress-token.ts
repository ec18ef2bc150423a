import { quote } from '../../../errors/quote.js'
import { InvalidArgumentError } from '../../../errors/usage-errors.js'
import type { ModelSchema } from '../../../schema/model-schema.js'

/** A place in a run over all partitions. */
export interface RunPlace {
  /** Number of the partition. */
  readonly partition: number
  /** -1: the records; else the number of the index whose entries are being looked at. */
  readonly step: number
  /** The last entry seen; '' at the beginning. */
  readonly score: string
  readonly member: string
}

/** Where a run begins. */
export const firstPlace: RunPlace = { partition: 0, step: -1, score: '', member: '' }

/** A place as text that a caller can keep. It names the model and its partitions, so that it is not used for another one. */
export function tokenOf(schema: ModelSchema, place: RunPlace): string {
  const { partition, step, score, member } = place
  const parts = [FORM, schema.prefix, schema.partitions, partition, step, score, member]
  return Buffer.from(JSON.stringify(parts)).toString('base64url')
}

/** The place of a token. Throws `InvalidArgumentError` for any other text. */
export function placeOf(schema: ModelSchema, token: string): RunPlace {
  const [form, prefix, partitions, partition, step, score, member] = partsOf(token)
  const isPlace =
    form === FORM &&
    isWhole(partition) &&
    typeof step === 'number' &&
    Number.isInteger(step) &&
    typeof score === 'string' &&
    typeof member === 'string'
  if (!isPlace) throw new InvalidArgumentError(`${quote(token)} is no place to resume at.`)
  if (prefix !== schema.prefix || partitions !== schema.partitions) {
    throw new InvalidArgumentError(
      `The place to resume at is one of the model with the prefix '${String(prefix)}' and ${String(partitions)} partitions, ` +
        `not of [${schema.modelName}] with '${schema.prefix}' and ${schema.partitions}.`,
    )
  }
  return { partition, step, score, member }
}

const FORM = 'activeredis-place-1'

function partsOf(token: string): readonly unknown[] {
  try {
    const parts: unknown = JSON.parse(Buffer.from(token, 'base64url').toString())
    return Array.isArray(parts) ? parts : []
  } catch {
    return []
  }
}

function isWhole(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0
}
