import type { Connection } from '../../connections/connection.js'
import type { ModelSchema } from '../../schema/model-schema.js'
import { notANumber, outOfRange, updatedOutcome } from '../apply-change.js'
import { list, text, texts } from '../replies.js'
import type { DeleteOutcome, RecordChange, UpdateOutcome } from '../repository.js'
import type { Partition } from './layout.js'
import { recordOfHash } from './record-hash.js'
import { changeScript, updateScript } from './scripts/update-script.js'
import { sendWrite } from './send-write.js'
import { changeArguments, isPlain, updateArguments } from './write-arguments.js'

/** Changes a record in one script, where it stays in its partition: its fields, its key, its deadline. */
export async function changeRecord(
  connection: Connection,
  schema: ModelSchema,
  partition: Partition,
  change: RecordChange,
): Promise<UpdateOutcome> {
  if (isPlain(change) && (change.newId ?? change.id) === change.id) {
    const reply = await sendWrite(connection, schema, partition, updateScript, updateArguments(schema, change))
    return Number(reply) === 1 ? 'updated' : 'missing'
  }
  const [state, ...rest] = list(
    await sendWrite(connection, schema, partition, changeScript, changeArguments(schema, change)),
  )
  switch (Number(state)) {
    case 0:
      return 'missing'
    case 1:
      return updatedOutcome(change, rest.map(text))
    case 2:
      return conflictOf(change.id, rest[0])
    case 5:
      return 'duplicate'
    default:
      return refusalOf(schema, change, Number(state), Number(rest[0]), text(rest[1]))
  }
}

/** The outcome of a write whose condition the record with these fields does not fulfil. */
export function conflictOf(id: string, hash: unknown): Exclude<DeleteOutcome, 'deleted'> {
  const found = recordOfHash(id, texts(hash))
  return found === null ? 'missing' : { type: 'conflict', stored: found.record }
}

/** The script numbers increments beginning at 1. */
function refusalOf(
  schema: ModelSchema,
  { increments = [] }: RecordChange,
  state: number,
  number: number,
  current: string,
): UpdateOutcome {
  const increment = increments[number - 1]
  const attribute = increment === undefined ? undefined : schema.attributes.get(increment.attribute)
  if (increment === undefined || attribute === undefined) throw new TypeError(`The change script answered ${state}.`)
  if (state === 3) return outOfRange(schema, increment, current)
  throw notANumber(schema, attribute, current)
}
