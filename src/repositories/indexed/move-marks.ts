import { setTimeout } from 'node:timers/promises'
import type { Connection } from '../../connections/connection.js'
import type { ModelSchema } from '../../schema/model-schema.js'
import { pairsOf } from '../fields.js'
import { list, text, texts, valueOfOutcome } from '../replies.js'
import { type Partition, partitionsOf } from './layout.js'
import {
  departScript,
  forgetArrivalScript,
  judgeArrivalScript,
  removeLeftoverScript,
  unmarkScript,
} from './scripts/move-scripts.js'
import { sendWrite } from './send-write.js'
import { indexArguments } from './write-arguments.js'

/**
 * A record whose hash tag changes goes in three steps: it is marked in its old partition, for a mover and a place; copied to
 * the new one, which notes the mover's arrival in the same step; deleted in the old one, with the mark. Until the arrival the
 * old copy is the record, from then on the new one: so it is there once at every moment. When the lease of a mover is over,
 * whoever meets the mark asks the new partition. It answers that the mover has arrived, and then the old copy goes; or that it
 * never will.
 */
const LEASE_MS = 2000
/** Longer than it takes Redis to promote a replica, and somebody to ask for the records that it brings back. */
const FAILOVER_MS = 300_000
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
export async function unmark(connection: Connection, from: Partition, id: string, mark: string): Promise<void> {
  await connection.send({ type: 'script', script: unmarkScript, keys: from.keys, args: [id, mark, 'own'] })
}

/** Forgets the arrival of a mover that has taken its copy back. */
export async function forgetArrival(connection: Connection, to: Partition, mover: string): Promise<void> {
  await connection.send({ type: 'script', script: forgetArrivalScript, keys: to.keys, args: [mover, 0] })
}

/**
 * Forgets the arrival of a mover whose move is over, but not yet: a failover may bring the old copy back, with its mark, and
 * only the arrival tells then that it is not the record any more.
 */
export async function forgetArrivalLater(connection: Connection, to: Partition, mover: string): Promise<void> {
  await connection.send({ type: 'script', script: forgetArrivalScript, keys: to.keys, args: [mover, FAILOVER_MS] })
}

/** The key with the marks of the records that leave a partition. */
export function movesKey({ keys }: Partition): string {
  return `${keys[0]}:%moves`
}

/** Whether a marked copy is one that was left behind: its mover has arrived. Ends the move if the mover is gone. */
export async function isLeftBehind(
  connection: Connection,
  schema: ModelSchema,
  partition: Partition,
  id: string,
  mark: string,
): Promise<boolean> {
  const { mover, to, isOverdue } = parse(schema, mark)
  if (to === null) return false
  if (isOverdue) return settle(connection, schema, partition, id, mark)
  const key = `${to.keys[0]}:%arrived:${mover}`
  return text(await connection.send({ type: 'command', name: 'GET', keys: [key], args: [] })) === '1'
}

/**
 * The ids of records that are on their way between partitions, or were in the last ten seconds, and some that were shortly before.
 * Ends the moves of those whose mover is gone.
 */
export async function movingIds(
  connection: Connection,
  schema: ModelSchema,
  partitions: readonly Partition[],
): Promise<ReadonlySet<string>> {
  const outcomes = await connection.execute(
    partitions.flatMap((partition) => [
      { type: 'command', name: 'HGETALL', keys: [movesKey(partition)], args: [] },
      { type: 'command', name: 'ZRANGE', keys: [`${partition.keys[0]}:%recent`], args: [0, -1] },
    ]),
  )
  const moving = new Set<string>()
  for (const [index, partition] of partitions.entries()) {
    for (const [id, mark] of pairsOf(texts(valueOfOutcome(outcomes[2 * index])))) {
      moving.add(id)
      if (parse(schema, mark).isOverdue) await settle(connection, schema, partition, id, mark)
    }
    for (const id of texts(valueOfOutcome(outcomes[2 * index + 1]))) moving.add(id)
  }
  return moving
}

/** Ends the move of somebody whose lease is over, and leaves other moves alone. True where the mover had arrived. */
async function settle(
  connection: Connection,
  schema: ModelSchema,
  from: Partition,
  id: string,
  mark: string,
): Promise<boolean> {
  const { mover, to } = parse(schema, mark)
  if (to === null) return false
  const judge = { type: 'script', script: judgeArrivalScript, keys: to.keys, args: [mover, mark] } as const
  const verdict = text(await connection.send(judge))
  if (verdict === 'arrived') {
    await sendWrite(connection, schema, from, removeLeftoverScript, [...indexArguments(schema), id, id, mark])
    return true
  }
  if (verdict === 'never') await unmark(connection, from, id, mark)
  return false
}

/** A mark: `<until ms> <mover> <partition>`. By this machine's clock it may be overdue; the scripts decide by the server's. */
function parse(
  schema: ModelSchema,
  mark: string,
): { readonly mover: string; readonly to: Partition | null; readonly isOverdue: boolean } {
  const [, untilMs = '0', mover = '', number = ''] = /^(\d+) (\S+) (\d+)$/.exec(mark) ?? []
  const to = mover === '' ? undefined : partitionsOf(schema)[Number(number)]
  return { mover, to: to ?? null, isOverdue: Number(untilMs) < Date.now() }
}
