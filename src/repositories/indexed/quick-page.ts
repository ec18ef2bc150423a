import type { Connection } from '../../connections/connection.js'
import { encodeSegment } from '../../schema/key-encoding.js'
import { compareBytes, compareUnits, isOrderedByUnits } from '../byte-order.js'
import type { Criteria } from '../criteria.js'
import { list, text } from '../replies.js'
import type { Fields, StoredRecord } from '../repository.js'
import type { CompiledCondition } from './compile-condition.js'
import type { Partition } from './layout.js'
import type { PartitionAsker } from './partition-asker.js'
import { canJoin, MOST_PARTITIONS, MOST_ROWS } from './partition-batches.js'
import { mostRows, type Projection } from './projection.js'
import type { ScriptBudget } from './script-budget.js'
import type { ScriptOrder } from './script-order.js'
import { pageScript } from './scripts/page-script.js'

/** A question and how it would be put to the partitions. */
export interface QuickQuestion {
  readonly criteria: Criteria
  readonly condition: CompiledCondition
  readonly asked: readonly { readonly partition: Partition }[]
  readonly asker: PartitionAsker
  readonly form: ScriptOrder
  readonly projection: Projection
}

/** Rows in order from the first, one more than the question wants where there is one; and what was walked. */
export interface QuickRows extends TimedRecords {
  /** The place of the condition whose index was walked, beginning at 1; 0: all records. */
  readonly driver: number
}

/** Records, and beside each when it was created, in ms. */
interface TimedRecords {
  readonly records: readonly StoredRecord[]
  readonly times: readonly number[]
}

/**
 * Answers most questions in order of creation under equalities alone with a light script (`scripts/page-script.ts`): the first rows
 * under at most one equality, where one call can ask all partitions, or all rows of partitions where they are few. Null where the
 * question is another one or the script could not answer it.
 */
export async function quickRows(
  connection: Connection,
  question: QuickQuestion,
  budget: ScriptBudget,
): Promise<QuickRows | null> {
  const { criteria, condition, asked, asker, form, projection } = question
  const indexes = indexesOf(condition)
  if (indexes === null || criteria.after !== null || form.columns.length > 0) return null
  const isWhole = criteria.limit === null
  const most = Math.min(mostRows(projection), budget.candidates)
  const want = criteria.limit === null ? most : criteria.offset + criteria.limit + 1
  if (!isWhole && (want > most || indexes.length > 1 || !isOneCall(connection, question, want))) return null
  const flags = [form.args[1] === 'desc' ? '1' : '0', isWhole ? '1' : '0']
  const args = [want, ...flags, indexes.length, ...indexes, ...projection.names]
  const weight = isWhole ? MOST_ROWS : Math.floor(want / asked.length)
  const calls = asked.map(({ partition }) => ({ partition, script: pageScript, args, rows: weight }))
  const lists: TimedRecords[] = []
  let compareIds = compareUnits
  let driver = 0
  const take = (reply: unknown, place: number): boolean => {
    const [packed, smallest] = list(reply ?? [])
    if (packed === undefined) return false
    if (packed !== '') {
      const rows = text(packed)
      if (!isOrderedByUnits(rows)) compareIds = compareBytes
      lists.push(readRows(projection, rows))
    }
    if (condition.parts.length > 0 && place === 0) driver = Number(smallest)
    return true
  }
  // The first rows of several partitions come merged, as the answer of the first.
  const replies = await asker.ask(calls)
  if (!(isWhole ? replies : replies.slice(0, 1)).every(take)) return null
  const [only = noRows] = lists
  const { records, times } = lists.length > 1 ? merged(lists, form.args[1] === 'desc' ? -1 : 1, compareIds) : only
  return { records, times, driver }
}

/** The ends of the keys of the indexes that hold exactly the answer; null: more has to be tested. */
function indexesOf({ parts, ids }: CompiledCondition): readonly string[] | null {
  if (ids !== null) return null
  if (parts.length === 0) return ['']
  const ends = parts.map(({ args: [type, name = '', count, value = ''] }) => {
    if (count !== '1' || (type !== 'in' && type !== 'composite')) return null
    return `:${type === 'in' ? encodeSegment(name) : name}:${value}`
  })
  return ends.every((end) => end !== null) ? ends : null
}

/** Whether one call brings the first rows of all partitions, with records. */
function isOneCall(connection: Connection, { asked, projection }: QuickQuestion, want: number): boolean {
  if (projection.names.length === 0) return false
  return asked.length === 1 || (asked.length <= MOST_PARTITIONS && want <= MOST_ROWS && canJoin(connection))
}

/** The rows that the script packed. */
function readRows({ names }: Projection, packed: string): TimedRecords {
  const [ids, values] = list(JSON.parse(packed)).map(list)
  if (ids === undefined || values === undefined) throw new TypeError('The page script answered with no rows.')
  const records: StoredRecord[] = []
  const times: number[] = []
  if (names.length > 0) {
    for (let at = 0; at < ids.length; at++) {
      const row = list(values[at])
      records.push({ id: text(ids[at]), fields: fieldsOf(names, row) })
      times.push(Number(row[0]))
    }
    return { records, times }
  }
  for (let run = 0; run < values.length; run += 2) {
    const createdAtMs = Number(values[run + 1])
    for (let left = Number(values[run]); left > 0; left--) {
      records.push({ id: text(ids[records.length]), fields: noFields })
      times.push(createdAtMs)
    }
  }
  return { records, times }
}

function fieldsOf(names: readonly string[], row: readonly unknown[]): Fields {
  const fields: string[] = []
  for (let place = 1; place < names.length; place++) {
    const value = row[place]
    if (typeof value === 'string') fields.push(names[place] ?? '', value)
  }
  return fields
}

/** The rows of several partitions, each in order, as one list in order. */
function merged(lists: readonly TimedRecords[], sign: 1 | -1, compareIds: typeof compareBytes): TimedRecords {
  const records: StoredRecord[] = []
  const times: number[] = []
  const heads = lists.map((rows) => ({ rows, place: 0, time: rows.times[0] ?? 0, id: rows.records[0]?.id ?? '' }))
  const compare = (left: (typeof heads)[number], right: (typeof heads)[number]) => {
    return sign * (left.time - right.time || compareIds(left.id, right.id))
  }
  heads.sort(compare)
  for (let head = heads[0]; head !== undefined; head = heads[0]) {
    const record = head.rows.records[head.place]
    if (record !== undefined) records.push(record)
    times.push(head.time)
    const next = head.rows.records[++head.place]
    if (next === undefined) {
      heads.shift()
      continue
    }
    head.time = head.rows.times[head.place] ?? 0
    head.id = next.id
    let at = 1
    for (let other = heads[at]; other !== undefined && compare(other, head) < 0; other = heads[++at])
      heads[at - 1] = other
    heads[at - 1] = head
  }
  return { records, times }
}

const noFields: Fields = []
const noRows: TimedRecords = { records: [], times: [] }
