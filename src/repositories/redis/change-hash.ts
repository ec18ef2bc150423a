import { setTimeout } from 'node:timers/promises'
import type { Connection, Request } from '../../connections/connection.js'
import type { ModelSchema } from '../../schema/model-schema.js'
import { applyChange, updatedOutcome } from '../apply-change.js'
import { comparable } from '../canonical-fields.js'
import { conditionAttributes } from '../condition-attributes.js'
import type { Criterion } from '../criteria.js'
import { matches } from '../evaluate.js'
import { fieldOf, fieldsOf, pairsOf } from '../fields.js'
import { list, texts, valueOfOutcome } from '../replies.js'
import type { DeleteOutcome, RecordChange, StoredRecord, UpdateOutcome } from '../repository.js'
import { hashKey } from './hash-key.js'
import { type FoundHash, searchHashes } from './hash-reader.js'
import { deleteHashScript, deleteLeftoverScript, patchHashScript } from './hash-scripts.js'
import { applied, asReadArguments, type HashChange, moveHash, patchArguments } from './move-hash.js'

/** How often a record that others keep moving is looked for. */
const MOST_ATTEMPTS = 200
/** How often an id is looked for before it counts as missing. */
const LOOK_UP_SCANS = 2
/** Pause before a record that somebody else is moving is looked for again. */
const RETRY_MS = 20

/**
 * Changes a record: one script in place, or a move where its key changes. A condition is tested, and increments are worked
 * out, on the record as it was read; the script changes nothing if what they depend on is not stored any more, and then
 * they are worked out anew.
 */
export async function changeHash(
  connection: Connection,
  schema: ModelSchema,
  change: RecordChange,
): Promise<UpdateOutcome> {
  const newId = change.newId ?? change.id
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
    const hash = await findForWrite(connection, schema, change.id)
    if (hash === 'missing') return 'missing'
    if (hash === 'busy') continue
    const resolved = resolveChange(schema, hash.record, change)
    if (resolved.type !== 'applied') return resolved
    if (newId !== change.id && (await searchHashes(connection, schema, [newId])).found.length > 0) return 'duplicate'
    const key = hashKey(schema, newId, applied(hash.record.fields, resolved.change))
    if (key === hash.key) {
      const outcome = await patchInPlace(connection, schema, hash, change, resolved)
      if (outcome !== null) return outcome
      continue
    }
    const outcome = await moveHash(connection, hash.key, key, resolved.change, newId === change.id)
    if (outcome === 'updated') return updatedOutcome(change, resolved.values)
    if (outcome === 'taken') return 'duplicate'
    if (outcome === 'busy') await setTimeout(RETRY_MS)
  }
  throw new Error(`The record [${change.id}] could not be updated: others kept moving it.`)
}

/** Removes a record if it fulfils a condition, which is tested as that of a change is. */
export async function deleteHashIf(
  connection: Connection,
  schema: ModelSchema,
  id: string,
  condition: Criterion,
): Promise<DeleteOutcome> {
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
    const hash = await findForWrite(connection, schema, id)
    if (hash === 'missing') return 'missing'
    if (hash === 'busy') continue
    if (!matches(schema, condition, comparable(schema, hash.record))) return { type: 'conflict', stored: hash.record }
    const args = asReadArguments(asRead(schema, hash.record, conditionAttributes(condition)))
    const request = { type: 'script', script: deleteHashScript, keys: [hash.key], args } as const
    if (Number(await connection.send(request)) === 1) return 'deleted'
  }
  throw new Error(`The record [${id}] could not be deleted: others kept changing it.`)
}

/** Looks for a record, and takes away what broken moves of it left behind; `busy` while somebody is moving it. */
async function findForWrite(
  connection: Connection,
  schema: ModelSchema,
  id: string,
): Promise<FoundHash | 'missing' | 'busy'> {
  const everything: Criterion = { type: 'all', of: [] }
  const { found, superseded } = await searchHashes(connection, schema, [id], everything, LOOK_UP_SCANS)
  const [hash] = found
  if (hash === undefined) return 'missing'
  const requests = superseded.map(({ key }): Request => {
    return { type: 'script', script: deleteLeftoverScript, keys: [key], args: [] }
  })
  const outcomes = requests.length === 0 ? [] : await connection.execute(requests)
  if (outcomes.every((outcome) => Number(valueOfOutcome(outcome)) === 1)) return hash
  await setTimeout(RETRY_MS)
  return 'busy'
}

type ResolvedChange =
  | { readonly type: 'applied'; readonly change: HashChange; readonly values: readonly string[] }
  | Exclude<ReturnType<typeof applyChange>, { type: 'applied' }>

function resolveChange(schema: ModelSchema, record: StoredRecord, change: RecordChange): ResolvedChange {
  const { condition, increments = [], set, unset, expiresAtMs } = change
  const result = applyChange(schema, comparable(schema, record), change)
  if (result.type !== 'applied') return result
  const incremented = increments.map(({ attribute }) => attribute)
  const names = new Set([...incremented, ...(condition === undefined ? [] : conditionAttributes(condition))])
  const sums = incremented.flatMap((name, index) => [name, result.values[index] ?? ''])
  return {
    type: 'applied',
    values: result.values,
    change: {
      set: [...set, ...sums],
      unset,
      asRead: asRead(schema, record, names),
      ...(expiresAtMs !== undefined && { expiresAtMs }),
    },
  }
}

function asRead(schema: ModelSchema, { fields }: StoredRecord, names: ReadonlySet<string>): HashChange['asRead'] {
  return [...names].filter((name) => name !== schema.keyName).map((name) => [name, fieldOf(fields, name)])
}

/** Null where the record is not under its key any more, or would move now. */
async function patchInPlace(
  connection: Connection,
  schema: ModelSchema,
  hash: FoundHash,
  change: RecordChange,
  first: ResolvedChange & { type: 'applied' },
): Promise<UpdateOutcome | null> {
  let resolved = first
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
    const request = {
      type: 'script',
      script: patchHashScript,
      keys: [hash.key],
      args: patchArguments(resolved.change),
    } as const
    const [state, stored] = list(await connection.send(request))
    if (Number(state) === 1) return updatedOutcome(change, resolved.values)
    if (Number(state) === 0) return null
    const fields = fieldsOf([...pairsOf(texts(stored))].filter(([name]) => name !== ''))
    const again = resolveChange(schema, { id: change.id, fields }, change)
    if (again.type !== 'applied') return again
    if (hashKey(schema, change.newId ?? change.id, applied(fields, again.change)) !== hash.key) return null
    resolved = again
  }
  return null
}
