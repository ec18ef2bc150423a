import type { RecordOrder } from '../record-order.js'
import type { PartitionAsker } from './partition-asker.js'
import type { PartitionStream, Row } from './partition-stream.js'
import type { ScriptBudget } from './script-budget.js'

/** Rows that one script call returns at most. */
const MOST_PER_CALL = 1000

/** The first `needed` rows of all streams in order; fewer where there are no more. Infinity: all rows. */
export async function mergeStreams(
  asker: PartitionAsker,
  streams: readonly PartitionStream[],
  order: RecordOrder,
  needed: number,
  budget: ScriptBudget,
): Promise<readonly Row[]> {
  const rows: Row[] = []
  while (rows.length < needed) {
    const waiting = streams.filter((stream) => stream.isWaiting)
    if (waiting.length === 0) {
      const heads = headsOf(streams, order)
      if (heads.length === 0) break
      takeRows(rows, heads, order, needed)
      continue
    }
    // Without a limit all rows are wanted, so that all partitions go on at the same time.
    const asked = needed === Number.POSITIVE_INFINITY ? streams.filter((stream) => !stream.isExhausted) : waiting
    const missing = needed - rows.length
    const share = wantedOfEach(missing, streams.length)
    const replies = await asker.ask(asked.map((stream) => stream.request(wantedOf(stream, share, missing), budget)))
    for (const [index, stream] of asked.entries()) stream.accept(replies[index])
  }
  return rows
}

interface Head {
  readonly stream: PartitionStream
  row: Row
}

function headsOf(streams: readonly PartitionStream[], order: RecordOrder): Head[] {
  const heads: Head[] = []
  for (const stream of streams) if (stream.head !== undefined) heads.push({ stream, row: stream.head })
  return heads.sort((left, right) => order.compare(left.row.key, right.row.key))
}

/** Takes rows until enough are there or a stream has to be asked again. The heads are in order and stay so. */
function takeRows(rows: Row[], heads: Head[], order: RecordOrder, needed: number): void {
  let first = heads[0]
  while (first !== undefined && rows.length < needed) {
    rows.push(first.row)
    first.stream.take()
    const next = first.stream.head
    if (next !== undefined) {
      first.row = next
      sinkFirst(heads, first, order)
    } else {
      heads.shift()
      if (first.stream.isWaiting) return
    }
    first = heads[0]
  }
}

/** Moves the first head behind those that come before its row. */
function sinkFirst(heads: Head[], first: Head, order: RecordOrder): void {
  let low = 1
  let high = heads.length
  while (low < high) {
    const middle = (low + high) >> 1
    const other = heads[middle]
    if (other !== undefined && order.compare(other.row.key, first.row.key) < 0) low = middle + 1
    else high = middle
  }
  heads.copyWithin(0, 1, low)
  heads[low - 1] = first
}

/**
 * A partition's even share, and about one standard deviation more. Most partitions have that much, and asking the few others
 * again for little costs less than rows of all that nobody takes.
 */
function wantedOfEach(missing: number, partitions: number): number {
  if (missing === Number.POSITIVE_INFINITY) return MOST_PER_CALL
  const share = missing / partitions
  const wanted = partitions === 1 ? missing : Math.ceil(share + Math.sqrt(share)) + 1
  return Math.min(wanted, missing, MOST_PER_CALL)
}

/** A stream that has run out before gets twice as many: its rows lie together, as in a model written by few clients. */
function wantedOf(stream: PartitionStream, share: number, missing: number): number {
  return Math.min(Math.max(share, 2 * stream.lastWant), missing, MOST_PER_CALL)
}
