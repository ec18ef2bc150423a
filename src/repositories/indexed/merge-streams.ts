import type { RecordOrder, SortKey } from '../record-order.js'
import type { PartitionAsker } from './partition-asker.js'
import type { PartitionStream, Row } from './partition-stream.js'
import type { ScriptBudget } from './script-budget.js'

/**
 * The first `needed` rows of all streams in order; fewer where there are no more. Infinity: all rows. A stream that has run out
 * of rows is asked again only if what follows in it can be among the rows that are missing.
 *
 * @param most Rows that one script call returns at most.
 */
export async function mergeStreams(
  asker: PartitionAsker,
  streams: readonly PartitionStream[],
  order: RecordOrder,
  needed: number,
  budget: ScriptBudget,
  most: number,
): Promise<readonly Row[]> {
  const rows: Row[] = []
  for (;;) {
    takeRows(rows, streams, order, needed)
    if (rows.length >= needed) return rows
    const waiting = streams.filter((stream) => stream.isWaiting)
    if (waiting.length === 0) return rows
    const missing = needed - rows.length
    const asked = missing === Number.POSITIVE_INFINITY ? unfinished(streams) : inReach(streams, order, missing)
    const share = wantedOfEach(missing, streams.length, most)
    const replies = await asker.ask(
      asked.map((stream) => stream.request(Math.min(wantedOf(stream, share, missing), most), budget)),
    )
    const taken = rows.at(-1)?.key ?? null
    for (const [index, stream] of asked.entries()) stream.accept(replies[index], taken)
  }
}

interface Head {
  readonly stream: PartitionStream
  key: SortKey
}

/** Takes rows until enough are there, or a stream whose next row is unknown could have the next one. */
function takeRows(rows: Row[], streams: readonly PartitionStream[], order: RecordOrder, needed: number): void {
  const heads: Head[] = []
  for (const stream of streams) {
    const key = stream.nextKey
    if (key !== undefined) heads.push({ stream, key })
    else if (stream.isWaiting) return
  }
  heads.sort((left, right) => order.compare(left.key, right.key))
  let first = heads[0]
  while (first !== undefined && rows.length < needed) {
    const row = first.stream.head
    if (row === undefined) return
    rows.push(row)
    first.stream.take()
    const key = first.stream.nextKey
    if (key !== undefined) {
      first.key = key
      sinkFirst(heads, first, order)
    } else {
      heads.shift()
      if (first.stream.isWaiting) return
    }
    first = heads[0]
  }
}

/** Moves the first head behind those that come before its key. */
function sinkFirst(heads: Head[], first: Head, order: RecordOrder): void {
  let low = 1
  let high = heads.length
  while (low < high) {
    const middle = (low + high) >> 1
    const other = heads[middle]
    if (other !== undefined && order.compare(other.key, first.key) < 0) low = middle + 1
    else high = middle
  }
  // `copyWithin` takes ten times as long for as few.
  for (let place = 1; place < low; place++) {
    const other = heads[place]
    if (other !== undefined) heads[place - 1] = other
  }
  heads[low - 1] = first
}

/** Without a limit all rows are wanted, so that all partitions go on at the same time. */
function unfinished(streams: readonly PartitionStream[]): readonly PartitionStream[] {
  return streams.filter((stream) => !stream.isExhausted)
}

/**
 * The streams without rows that can have one of the missing: those that may go on before the last of as many known rows, or at
 * its place: records of two partitions can have one id and one time of creation.
 */
function inReach(streams: readonly PartitionStream[], order: RecordOrder, missing: number): readonly PartitionStream[] {
  const known = streams.flatMap((stream) => stream.known)
  const last = known.sort((left, right) => order.compare(left.key, right.key))[missing - 1]
  return streams.filter((stream) => {
    const bound = stream.nextKey
    return stream.isWaiting && (last === undefined || bound === undefined || order.compare(bound, last.key) <= 0)
  })
}

/**
 * A partition's even share, and about one standard deviation more. Most partitions have that much, and asking the few others
 * again for little costs less than rows of all that nobody takes.
 */
function wantedOfEach(missing: number, partitions: number, most: number): number {
  if (missing === Number.POSITIVE_INFINITY) return most
  const share = missing / partitions
  const wanted = partitions === 1 ? missing : Math.ceil(share + Math.sqrt(share)) + 1
  return Math.min(wanted, missing)
}

/** A stream that has run out before gets twice as many: its rows lie together, as in a model written by few clients. */
function wantedOf(stream: PartitionStream, share: number, missing: number): number {
  return Math.min(Math.max(share, 2 * stream.lastWant), missing)
}
