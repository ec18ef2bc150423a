import { CrossSlotError, type KeySlot } from '../errors/connection-errors.js'
import { InvalidArgumentError } from '../errors/usage-errors.js'
import type { ModelSchema } from '../schema/model-schema.js'
import { fieldOf } from './fields.js'
import { idOf, touchesTag } from './record-keys.js'
import type { RecordKey, TransactionWrite } from './repository.js'

/** The record that a write of a transaction is about. */
export function keyOfWrite(write: TransactionWrite): RecordKey {
  const { hashTag } = write.schema
  switch (write.type) {
    case 'insert': {
      const { id, fields } = write.record
      return hashTag === undefined ? id : { id, tag: fieldOf(fields, hashTag.name) }
    }
    case 'update': {
      const { id, tag } = write.change
      return hashTag === undefined || tag === undefined ? id : { id, tag }
    }
    case 'delete':
      return write.key
    default:
      throw new TypeError(`Unknown write: ${JSON.stringify(write satisfies never)}`)
  }
}

/**
 * Refuses writes that one step cannot do: records in different slots, two writes to one record, a change that gives a record
 * another key or another place, a record whose place is not known.
 *
 * @param placeOf The key of a record and its slot; null where its hash tag is not known.
 */
export function checkOneSlot(
  writes: readonly TransactionWrite[],
  placeOf: (schema: ModelSchema, key: RecordKey) => KeySlot | null,
): void {
  const seen = new Set<string>()
  let first: KeySlot | null = null
  for (const write of writes) {
    const key = keyOfWrite(write)
    const { modelName } = write.schema
    const place = placeOf(write.schema, key)
    if (place === null) {
      throw new InvalidArgumentError(
        `The hash tag of the record [${idOf(key)}] of model [${modelName}] is not known: read the record, with its tag, before the transaction.`,
      )
    }
    first ??= place
    if (place.slot !== first.slot) throw new CrossSlotError(first, place, sameSlot)
    if (seen.has(place.key)) {
      throw new InvalidArgumentError(
        `The transaction writes to the record [${idOf(key)}] of model [${modelName}] twice.`,
      )
    }
    seen.add(place.key)
    if (write.type === 'update') checkStays(write, first, placeOf)
  }
}

/** Why a transaction demands one slot. */
export const sameSlot = 'Records of one transaction must lie in one hash slot'

function checkStays(
  { schema, change }: TransactionWrite & { readonly type: 'update' },
  first: KeySlot,
  placeOf: (schema: ModelSchema, key: RecordKey) => KeySlot | null,
): void {
  const { id, newId } = change
  if (newId !== undefined && newId !== id) {
    throw new InvalidArgumentError(
      `The key of the record [${id}] of model [${schema.modelName}] cannot change in a transaction.`,
    )
  }
  if (schema.hashTag === undefined || !touchesTag(schema, change)) return
  const place = placeOf(schema, { id, tag: fieldOf(change.set, schema.hashTag.name) })
  if (place !== null && place.slot !== first.slot) throw new CrossSlotError(first, place, sameSlot)
}
