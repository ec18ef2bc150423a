import { randomUUID } from 'node:crypto'
import type { Connection } from '../../connections/connection.js'
import { hashSlot } from '../../schema/hash-slot.js'
import { fieldOf, fieldsOf, pairsOf } from '../fields.js'
import { list, text, texts } from '../replies.js'
import type { Fields, RecordChange } from '../repository.js'
import {
  createHashScript,
  deleteUnchangedHashScript,
  leaseHashScript,
  releaseHashScript,
  renameHashScript,
} from './hash-scripts.js'

/**
 * How long nobody else may move a hash. Within it, an old hash that vanished was deleted, and the new one is taken back;
 * a mover that took longer leaves the new one alone.
 */
const LEASE_MS = 2000
/** How often a hash that others keep changing is read anew before a move gives up. */
const MOST_ATTEMPTS = 50

/** A change of fields whose increments are worked out, and what must still be stored for that to be right. */
export interface HashChange extends Pick<RecordChange, 'set' | 'unset' | 'expiresAtMs'> {
  /** Names and values, null for none, that were read and on which the change depends. */
  readonly asRead: readonly (readonly [name: string, value: string | null])[]
}

/** `lost`: the hash is no longer where it was found, or somebody else is moving it: look again. */
export type MoveOutcome = 'updated' | 'lost' | 'busy' | 'taken'

/**
 * Moves a record to another key and changes it. In one slot this is one script. Across slots: lease the old hash, marked
 * with the new key, and read it; write the new hash; delete the old one if it is still as it was read, else read it
 * again. A crash leaves both, never none, and the mark tells which is newer.
 *
 * @param change Applied to what is stored when the hash is read, not to what a caller believes.
 * @param mayOverwrite True where a hash under the new key can only be a leftover of the same record.
 */
export async function moveHash(
  connection: Connection,
  from: string,
  to: string,
  change: HashChange,
  mayOverwrite: boolean,
): Promise<MoveOutcome> {
  if (connection.kind === 'standalone' || slotOf(connection, from) === slotOf(connection, to)) {
    const args = [mayOverwrite ? '1' : '0', ...patchArguments(change)]
    const reply = await connection.send({ type: 'script', script: renameHashScript, keys: [from, to], args })
    return renameOutcomes[Number(reply)] ?? 'lost'
  }
  const mover = randomUUID()
  const startedAt = performance.now()
  let isOwn = mayOverwrite
  let written: readonly (string | number)[] | null = null
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
    const leaseArgs = [mover, LEASE_MS, mayOverwrite ? to : '']
    const lease = { type: 'script', script: leaseHashScript, keys: [from], args: leaseArgs } as const
    const [state, deadline, reply] = list(await connection.send(lease))
    if (state === 0) return 'busy'
    if (state === undefined) {
      if (written !== null && performance.now() - startedAt < LEASE_MS) {
        await withdraw(connection, to, written)
      }
      return 'lost'
    }
    const hash = texts(reply)
    if (change.asRead.some(([name, value]) => fieldOf(hash, name) !== value)) {
      if (written !== null) await withdraw(connection, to, written)
      await connection.send({ type: 'script', script: releaseHashScript, keys: [from], args: [mover] })
      return 'lost'
    }
    const fields = applied(hash, change)
    const deadlineAfter = change.expiresAtMs === undefined ? text(deadline) : deadlineArgument(change.expiresAtMs)
    const createArgs = [isOwn ? '1' : '0', deadlineAfter, fields.length, ...fields]
    const create = { type: 'script', script: createHashScript, keys: [to], args: createArgs } as const
    if (Number(await connection.send(create)) === 0) return 'taken'
    isOwn = true
    written = [deadlineAfter, ...(fields.length === 0 ? ['', ''] : fields)]
    const deleteArgs = [text(deadline), ...hash]
    const remove = { type: 'script', script: deleteUnchangedHashScript, keys: [from], args: deleteArgs } as const
    if (Number(await connection.send(remove)) === 1) return 'updated'
  }
  throw new Error(`The record under [${from}] could not be moved: others kept changing it.`)
}

const renameOutcomes: readonly MoveOutcome[] = ['lost', 'updated', 'taken', 'busy']

function slotOf(connection: Connection, key: string): number {
  return hashSlot(connection.keyPrefix + key)
}

/** Takes back the copy under the new key, if nobody changed it. */
async function withdraw(connection: Connection, key: string, written: readonly (string | number)[]): Promise<void> {
  await connection.send({ type: 'script', script: deleteUnchangedHashScript, keys: [key], args: written })
}

/** The arguments of a patch of a hash. */
export function patchArguments(change: HashChange): (string | number)[] {
  const fields = [change.set.length, ...change.set, change.unset.length, ...change.unset]
  const deadline = change.expiresAtMs === undefined ? '=' : deadlineArgument(change.expiresAtMs)
  return [...asReadArguments(change.asRead), ...fields, deadline]
}

/** What must still be stored, as the scripts take it. */
export function asReadArguments(asRead: HashChange['asRead']): (string | number)[] {
  return [asRead.length, ...asRead.flatMap(([name, value]) => (value === null ? [name, '0'] : [name, '1', value]))]
}

/** A deadline as the scripts take it. Redis refuses 0. */
export function deadlineArgument(expiresAtMs: number | null): string | number {
  return expiresAtMs === null ? '' : Math.max(expiresAtMs, 1)
}

/** Fields after a change, without the mark. */
export function applied(hash: Fields, change: Pick<RecordChange, 'set' | 'unset'>): string[] {
  const fields = new Map(pairsOf(hash))
  fields.delete('')
  for (const [name, value] of pairsOf(change.set)) fields.set(name, value)
  for (const name of change.unset) fields.delete(name)
  return fieldsOf(fields)
}
