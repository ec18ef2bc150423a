import { createHash } from 'node:crypto'
import { quote } from '../errors/quote.js'
import { InvalidArgumentError } from '../errors/usage-errors.js'
import type { Criterion, Order, Position } from '../repositories/criteria.js'
import type { ModelSchema } from '../schema/model-schema.js'

/** What a cursor belongs to: it continues this question and no other. */
export interface CursorScope {
  readonly schema: ModelSchema
  readonly where: Criterion
  readonly order: readonly Order[]
}

/**
 * The place after a row as text for a URL, base64url. It holds the row's values in sort order and its id in the clear, and a
 * checksum over them and the question: it is opaque, not secret.
 */
export function encodeCursor(scope: CursorScope, position: Position): string {
  const place = JSON.stringify(placeOf(position))
  return Buffer.from(`${checksum(scope, place)}${place}`, 'utf8').toString('base64url')
}

/** Reads a cursor. Throws `InvalidArgumentError` for one of another question, and for text that is no cursor. */
export function decodeCursor(scope: CursorScope, cursor: string): Position {
  const position = typeof cursor === 'string' ? parse(scope, cursor) : undefined
  if (position !== undefined) return position
  throw new InvalidArgumentError(
    `${quote(cursor)} is not a cursor of this query on model [${scope.schema.modelName}]: ` +
      'pass the `next` of a page of the same conditions and order, unchanged.',
  )
}

function parse(scope: CursorScope, cursor: string): Position | undefined {
  const bytes = Buffer.from(cursor, 'base64url')
  const text = bytes.toString('utf8')
  const place = text.slice(CHECKSUM_LENGTH)
  if (bytes.toString('base64url') !== cursor || text.slice(0, CHECKSUM_LENGTH) !== checksum(scope, place))
    return undefined
  const [values, createdAtMs, id, tie]: unknown[] = JSON.parse(place)
  const isPosition = areValues(values) && typeof createdAtMs === 'number' && typeof id === 'string'
  if (!isPosition) return undefined
  return typeof tie === 'number' ? { values, createdAtMs, id, tie } : { values, createdAtMs, id }
}

function placeOf({ values, createdAtMs, id, tie }: Position): readonly unknown[] {
  return tie === undefined ? [values, createdAtMs, id] : [values, createdAtMs, id, tie]
}

function areValues(values: unknown): values is (string | null)[] {
  return Array.isArray(values) && values.every((value) => value === null || typeof value === 'string')
}

const CHECKSUM_LENGTH = 16

function checksum({ schema, where, order }: CursorScope, place: string): string {
  const question = JSON.stringify([schema.prefix, schema.keyName, where, order, place])
  return createHash('sha256').update(question).digest('base64url').slice(0, CHECKSUM_LENGTH)
}
