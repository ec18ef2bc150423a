import type { Connection, Outcome, Script } from '../../connections/connection.js'
import { ServerError } from '../../errors/connection-errors.js'
import { list } from '../replies.js'

/** A call of a script of `definePartitionQuery` about one partition. */
export interface QueryCall {
  readonly script: Script
  readonly keys: readonly string[]
  readonly args: readonly (string | number)[]
  /** Rows that the answer has at most. */
  readonly rows: number
}

/** Rows of one call at most: 1000 take a server some 4 ms, in which it does nothing else. */
export const MOST_ROWS = 1000
/** Partitions of one call at most. */
export const MOST_PARTITIONS = 64

/**
 * Calls query scripts. A server without slots answers about several partitions in one call; a cluster needs one for each. Outcomes run
 * beside the calls; `commands` is how many calls were sent.
 */
export async function executeTogether(
  connection: Connection,
  calls: readonly QueryCall[],
): Promise<{ readonly outcomes: readonly Outcome[]; readonly commands: number }> {
  const batches = canJoin(connection) ? batchesOf(calls) : calls.map((call) => [call])
  const answers = await connection.execute(batches.map(requestOf))
  const outcomes: Outcome[] = []
  for (const [index, batch] of batches.entries()) {
    const answer = answers[index]
    if (answer === undefined) throw new TypeError('A connection answered fewer requests than it was sent.')
    if (!answer.ok && batch.length > 1 && isCrossSlot(answer.error)) {
      slotted.add(connection.origin ?? connection)
      return executeTogether(connection, calls)
    }
    const values = answer.ok && batch.length > 1 ? list(answer.value) : null
    for (const place of batch.keys()) outcomes.push(values === null ? answer : { ok: true, value: values[place] })
  }
  return { outcomes, commands: batches.length }
}

/** Whether one call may ask several partitions. */
export function canJoin(connection: Connection): boolean {
  return connection.kind === 'standalone' && !slotted.has(connection.origin ?? connection)
}

/** Connections to what looks like one server, and is a part of a cluster all the same. */
const slotted = new WeakSet<Connection>()

function batchesOf(calls: readonly QueryCall[]): QueryCall[][] {
  const batches: QueryCall[][] = []
  let rows = 0
  for (const call of calls) {
    const last = batches.at(-1)
    const fits = rows + call.rows <= MOST_ROWS && last !== undefined && last.length < MOST_PARTITIONS
    if (fits && last[0]?.script === call.script) {
      last.push(call)
      rows += call.rows
    } else {
      batches.push([call])
      rows = call.rows
    }
  }
  return batches
}

function requestOf(batch: readonly QueryCall[]) {
  const [first] = batch
  if (first === undefined) throw new TypeError('A batch of no calls.')
  const { script } = first
  if (batch.length === 1) return { type: 'script' as const, script, keys: first.keys, args: first.args }
  const keys = batch.flatMap((call) => call.keys)
  const isShared = batch.every((call) => haveSameArguments(call, first))
  const args = isShared ? ['=', ...first.args] : ['+', ...batch.flatMap((call) => [call.args.length, ...call.args])]
  return { type: 'script' as const, script, keys, args }
}

function haveSameArguments(left: QueryCall, right: QueryCall): boolean {
  return left.args.length === right.args.length && left.args.every((arg, place) => arg === right.args[place])
}

function isCrossSlot(error: Error): boolean {
  return error instanceof ServerError && error.replyCode === 'CROSSSLOT'
}
