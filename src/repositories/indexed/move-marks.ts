import { setTimeout } from 'node:timers/promises'
import type { Connection } from '../../connections/connection.js'
import type { ModelSchema } from '../../schema/model-schema.js'
import { list, text, texts, valueOfOutcome } from '../replies.js'
import { type Partition, partitionsOf, recordKey } from './layout.js'
import { departScript, removeLeftoverScript, unmarkScript } from './scripts/move-scripts.js'
import { sendWrite } from './send-write.js'
import { indexArguments } from './write-arguments.js'

/**
 * A record whose hash tag changes is copied to its new partition and then deleted in the old one. In between both hold the
 * id. So that no reader takes them for two records, the old one is marked beforehand with the partition to which it moves: where
 * both exist, the marked one is what is left behind. A crash leaves both and the mark; whoever meets them after the lease
 * deletes what was left behind.
 */
export const LEASE_MS = 2000
/** Pause before a record that somebody else moves is asked for again. */
const RETRY_MS = 10
const MOST_ATTEMPTS = 2 * (LEASE_MS / RETRY_MS)

/** A record that is marked, as it was read. */
export interface Departure {
  readonly mark: string
  readonly deadline: string
  readonly hash: readonly string[]
}

/** Marks a record and reads it; null where there is none, also because it has moved already. Waits for other movers. */
export async function depart(
  connection: Connection,
  schema: ModelSchema,
  from: Partition,
  to: Partition,
  id: string,
  mover: string,
): Promise<Departure | null> {
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
    const args = [id, to.number, mover, LEASE_MS]
    const reply = list(await connection.send({ type: 'script', script: departScript, keys: from.keys, args }))
    const [state, mark, deadline, hash] = reply
    if (state === undefined) return null
    if (Number(state) === 1) return { mark: text(mark), deadline: text(deadline), hash: texts(hash) }
    if (Number(state) === 2) await settle(connection, schema, from, id, text(mark))
    else await setTimeout(RETRY_MS)
  }
  throw new Error(`The record [${id}] could not be moved: others kept moving it.`)
}

/** Takes back the mark of a move that did not happen. */
export async function unmark(
  connection: Connection,
  from: Partition,
  id: string,
  mark: string,
  of: 'own' | 'expired' = 'own',
): Promise<void> {
  await connection.send({ type: 'script', script: unmarkScript, keys: from.keys, args: [id, mark, of] })
}

/**
 * Of several copies of one id, those that no move has left behind; what a broken move has left is deleted.
 * One that is left alone is the record; several are different records.
 */
export async function withoutLeftovers<Copy extends { readonly partition: Partition }>(
  connection: Connection,
  schema: ModelSchema,
  id: string,
  copies: readonly Copy[],
): Promise<readonly Copy[]> {
  const answers = await connection.execute(
    copies.map(({ partition }) => {
      return { type: 'command', name: 'HGET', keys: [movesKey(partition)], args: [id] }
    }),
  )
  const numbers = new Set(copies.map(({ partition }) => partition.number))
  const kept: Copy[] = []
  for (const [index, copy] of copies.entries()) {
    const mark = text(valueOfOutcome(answers[index]))
    const destination = destinationOf(mark)
    if (destination === null || !numbers.has(destination)) kept.push(copy)
    else await settle(connection, schema, copy.partition, id, mark)
  }
  if (kept.length < 2) return kept
  // A move that ended after the copies were read took its mark along.
  const still = await connection.execute(
    kept.map(({ partition }) => ({ type: 'command', name: 'HEXISTS', keys: [recordKey(partition, id)], args: [''] })),
  )
  return kept.filter((_, index) => Number(valueOfOutcome(still[index])) === 1)
}

/** Ends the move of somebody whose lease is over, and leaves other moves alone: without a copy at its end it did not happen. */
async function settle(
  connection: Connection,
  schema: ModelSchema,
  from: Partition,
  id: string,
  mark: string,
): Promise<void> {
  const destination = destinationOf(mark)
  const to = destination === null ? undefined : partitionsOf(schema)[destination]
  const hasCopy =
    to !== undefined &&
    Number(await connection.send({ type: 'command', name: 'HEXISTS', keys: [recordKey(to, id)], args: [''] })) === 1
  if (!hasCopy) return unmark(connection, from, id, mark, 'expired')
  const args = [...indexArguments(schema), id, id, mark]
  await sendWrite(connection, schema, from, removeLeftoverScript, args)
}

function movesKey({ keys }: Partition): string {
  return `${keys[0]}:%moves`
}

function destinationOf(mark: string): number | null {
  const [, destination] = /^\d+ \S+ (\d+)$/.exec(mark) ?? []
  return destination === undefined ? null : Number(destination)
}
