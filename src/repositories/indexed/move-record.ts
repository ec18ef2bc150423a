import { randomUUID } from 'node:crypto'
import type { Connection } from '../../connections/connection.js'
import type { ModelSchema } from '../../schema/model-schema.js'
import { applyChange, updatedOutcome } from '../apply-change.js'
import { checkChange } from '../check-change.js'
import { fieldsOf, pairsOf } from '../fields.js'
import { list, text, texts } from '../replies.js'
import type { RecordChange, UpdateOutcome } from '../repository.js'
import { changeRecord } from './change-record.js'
import { InsertRows } from './insert-rows.js'
import type { Partition } from './layout.js'
import { depart, forgetArrival, forgetArrivalLater, unmark } from './move-marks.js'
import { recordOfHash } from './record-hash.js'
import { insertScript } from './scripts/insert-script.js'
import { arriveScript, leaveScript, withdrawScript } from './scripts/move-scripts.js'
import { deleteUnchangedScript, readScript } from './scripts/record-scripts.js'
import { sendWrite } from './send-write.js'
import { indexArguments } from './write-arguments.js'

/** How often a record that others keep changing is read anew before the change of its key gives up. */
const MOST_ATTEMPTS = 100

/**
 * Changes the key of a record or its hash tag, and fields with it: in one script where both keys are in one partition. Elsewhere they lie
 * in different slots, so that this is three steps: read the record; insert it under its new key; delete the old one if it
 * is still as it was read. A crash leaves both, never none. A change that came in between is read and taken along; a record deleted in between stays deleted.
 */
export async function moveRecord(
  connection: Connection,
  schema: ModelSchema,
  from: Partition,
  to: Partition,
  wanted: RecordChange,
): Promise<UpdateOutcome> {
  const change = { ...wanted, newId: wanted.newId ?? wanted.id }
  if (from === to) return changeRecord(connection, schema, from, change)
  checkChange(schema, change)
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
    // Where both copies have one id, marks tell which of them is the record; see move-marks.ts.
    const mover = change.newId === change.id ? randomUUID() : null
    const old = await readForMove(connection, schema, from, to, change.id, mover)
    if (old === null) return 'missing'
    const applied = applyChange(schema, { id: change.id, fields: old.fields }, change)
    if (applied.type !== 'applied') {
      if (old.mark !== null) await unmark(connection, from, change.id, old.mark)
      return applied
    }
    const rows = new InsertRows(schema)
    rows.add({ id: change.newId, fields: fieldsOf(applied.fields), expiresAtMs: deadlineAfter(old, change) })
    const args = rows.args({ replace: false, createdAtMs: old.createdAtMs })
    const arrival = await arrive(connection, schema, to, args, mover)
    if (arrival === 2) continue
    if (arrival === 0) {
      if (old.mark !== null) await unmark(connection, from, change.id, old.mark)
      return 'duplicate'
    }
    const removed =
      mover === null
        ? await deleteUnchanged(connection, schema, from, change.id, old)
        : await leave(connection, schema, from, to, old, change.id, mover)
    if (removed === 1) {
      // What is not forgotten here is forgotten after a day.
      if (mover !== null) await forgetArrivalLater(connection, to, mover).catch(() => {})
      return updatedOutcome(change, applied.values)
    }
    await withdraw(connection, schema, to, change.newId, mover)
    if (old.mark !== null) await unmark(connection, from, change.id, old.mark)
    if (removed === 0) return 'missing'
  }
  throw new Error(`The key of record [${change.id}] could not be changed: others kept changing the record.`)
}

/**
 * Deletes the old copy of a record that has arrived. From the arrival on the new copy is the record: what others, who had
 * looked for it before, still changed in the old one is changed in the new one first. Returns 1, or 0 where the record was
 * deleted.
 */
async function leave(
  connection: Connection,
  schema: ModelSchema,
  from: Partition,
  to: Partition,
  departed: OldRecord,
  id: string,
  mover: string,
): Promise<number> {
  let old = departed
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
    const removed = await deleteUnchanged(connection, schema, from, id, old)
    if (removed !== 2) return removed
    const now = await readForMove(connection, schema, from, to, id, mover)
    // Gone: the next attempt tells whether somebody ended this move, or deleted the record.
    if (now === null) continue
    await changeRecord(connection, schema, to, differenceOf(id, old, now))
    old = now
  }
  throw new Error(`The record [${id}] could not be moved: others kept changing it.`)
}

/** What turns a record as it was read into what it is now. */
function differenceOf(id: string, before: OldRecord, now: OldRecord): RecordChange {
  const [old, fields] = [new Map(pairsOf(before.fields)), new Map(pairsOf(now.fields))]
  const set = fieldsOf([...fields].filter(([name, value]) => old.get(name) !== value))
  const unset = [...old.keys()].filter((name) => !fields.has(name))
  if (before.deadline === now.deadline) return { id, set, unset }
  return { id, set, unset, expiresAtMs: now.deadline === '' ? null : Number(now.deadline) }
}

interface OldRecord {
  readonly hash: readonly string[]
  readonly fields: readonly string[]
  readonly createdAtMs: number
  readonly deadline: string
  /** Where both copies have one id: what tells the old one from the new one. */
  readonly mark: string | null
}

async function readForMove(
  connection: Connection,
  schema: ModelSchema,
  from: Partition,
  to: Partition,
  id: string,
  mover: string | null,
): Promise<OldRecord | null> {
  if (mover === null) return read(connection, from, id)
  const departure = await depart(connection, schema, from, to, id, mover)
  const found = departure === null ? null : recordOfHash(id, departure.hash)
  if (departure === null || found === null) return null
  return { ...departure, fields: found.record.fields, createdAtMs: found.createdAtMs }
}

async function read(connection: Connection, partition: Partition, id: string): Promise<OldRecord | null> {
  const request = { type: 'script', script: readScript, keys: partition.keys, args: [id, '1'] } as const
  const [deadline, fields] = list(await connection.send(request))
  if (fields === undefined) return null
  const hash = texts(fields)
  const found = recordOfHash(id, hash)
  if (found === null) return null
  return { hash, fields: found.record.fields, createdAtMs: found.createdAtMs, deadline: text(deadline), mark: null }
}

function deadlineAfter(old: OldRecord, change: RecordChange): number | null {
  if (change.expiresAtMs !== undefined) return change.expiresAtMs
  return old.deadline === '' ? null : Number(old.deadline)
}

async function deleteUnchanged(
  connection: Connection,
  schema: ModelSchema,
  partition: Partition,
  id: string,
  old: OldRecord,
): Promise<number> {
  const args = [...indexArguments(schema), id, old.deadline, ...old.hash]
  if (old.mark === null) return Number(await sendWrite(connection, schema, partition, deleteUnchangedScript, args))
  return Number(await sendWrite(connection, schema, partition, leaveScript, [...args, id, old.mark]))
}

/** Inserts the new copy: 1, 0 for an id that is taken, 2 for a mover that was given up. */
async function arrive(
  connection: Connection,
  schema: ModelSchema,
  to: Partition,
  args: readonly string[],
  mover: string | null,
): Promise<number> {
  if (mover === null) return Number(list(await sendWrite(connection, schema, to, insertScript, args))[0])
  return Number(await sendWrite(connection, schema, to, arriveScript, [...args, mover]))
}

/** Takes back the copy under the new key. */
async function withdraw(
  connection: Connection,
  schema: ModelSchema,
  partition: Partition,
  id: string,
  mover: string | null,
): Promise<void> {
  if (mover === null) {
    const copy = await read(connection, partition, id)
    if (copy !== null) await deleteUnchanged(connection, schema, partition, id, copy)
    return
  }
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
    const copy = await read(connection, partition, id)
    if (copy === null) return forgetArrival(connection, partition, mover)
    const args = [...indexArguments(schema), id, copy.deadline, ...copy.hash, mover]
    // 2: somebody has changed it since, as one changes a record that is about to be deleted.
    if (Number(await sendWrite(connection, schema, partition, withdrawScript, args)) !== 2) return
  }
}
