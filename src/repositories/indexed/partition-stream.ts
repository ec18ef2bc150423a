import type { Position } from '../criteria.js'
import type { RecordOrder, SortKey } from '../record-order.js'
import { list, text } from '../replies.js'
import type { StoredRecord } from '../repository.js'
import type { PartitionCall } from './guarded-calls.js'
import type { Partition } from './layout.js'
import { type Projection, readRows, weightOf } from './projection.js'
import type { ScriptBudget } from './script-budget.js'
import { keyOfPlace, placeArguments, placeWithin, type ScriptOrder } from './script-order.js'
import { selectScript } from './scripts/select-script.js'

/** One answer to a query. */
export interface Row {
  readonly record: StoredRecord
  readonly position: Position
  readonly key: SortKey
}

/** Which driver a script walked, and whether it brought rows in the wanted order. */
export interface DriverChoice {
  /** 0 all records, -1 the index of the order, else the place of the condition beginning at 1. */
  readonly number: number
  readonly ordered: boolean
}

/** What is asked of every partition. */
export interface StreamQuestion {
  readonly order: RecordOrder
  readonly form: ScriptOrder
  readonly projection: Projection
  readonly after: Position | null
}

/**
 * The rows of one partition in order, asked for as they are needed. The caller sends `request` while `isWaiting`, or ahead
 * of need until `isExhausted`, one at a time, and hands the reply to `accept`. Each request begins strictly after the last
 * row that was received, by its values: rows written meanwhile neither shift nor repeat the others.
 */
export class PartitionStream {
  readonly partition: Partition
  driver: DriverChoice | null = null
  /** Rows that the latest request asked for. */
  lastWant = 0
  readonly #question: StreamQuestion
  readonly #condition: readonly string[]
  #after: readonly string[]
  /** The place after which the answer begins, where the script was told one before it. */
  readonly #start: SortKey | null
  #resume: readonly string[] = noResume
  #rows: Row[] = []
  #next = 0
  #isExhausted = false
  /** Rows of the segments read so far of a driver that must be sorted. */
  #segments: Row[] = []
  /** The rows that follow those received come at or after it; null: unknown. */
  #bound: SortKey | null = null
  /** The last row that the answer had when the latest reply came. */
  #taken: SortKey | null = null
  #isFirst = true
  /** Ids of the rows before those that were received last, where more may follow. */
  readonly #shown = new Set<string>()
  /** Beyond this key some segment has rows that it left out. */
  #horizon: SortKey | null = null

  constructor(partition: Partition, question: StreamQuestion, condition: readonly string[]) {
    this.partition = partition
    this.#question = question
    this.#condition = condition
    const { order, form, after } = question
    const start = after === null ? null : order.keyOfPosition(after)
    const place = start === null ? null : placeWithin(form, start, partition.number)
    this.#start = place === start ? null : start
    this.#after = placeArguments(form, place)
  }

  /** True while the next row is unknown. */
  get isWaiting(): boolean {
    return this.#next >= this.#rows.length && !this.#isExhausted
  }

  /** The key before which no row comes: that of the next row, or of what may follow. Undefined: nothing is known, or the end. */
  get nextKey(): SortKey | undefined {
    return this.#rows[this.#next]?.key ?? (this.#isExhausted ? undefined : (this.#bound ?? undefined))
  }

  /** True when there is nothing to ask for. */
  get isExhausted(): boolean {
    return this.#isExhausted
  }

  /** The next row without taking it; undefined at the end. */
  get head(): Row | undefined {
    return this.#rows[this.#next]
  }

  /** The rows that were received and not taken. */
  get known(): readonly Row[] {
    return this.#rows.slice(this.#next)
  }

  take(): void {
    this.#next++
  }

  request(want: number, budget: ScriptBudget): PartitionCall {
    this.lastWant = want
    for (const { record } of this.#rows) this.#shown.add(record.id)
    const { form, projection } = this.#question
    const asked = [budget.candidates, budget.chunk, want, projection.names.length, ...projection.names]
    const args = [...asked, ...form.args, ...this.#after, ...this.#resume, ...this.#condition]
    return { partition: this.partition, script: selectScript, args, rows: weightOf(projection, want) }
  }

  /**
   * Takes the reply of a request in. Of what was written since the one before, two kinds of rows are left out: those that came
   * before `taken`, the last row that the answer has already, and those that the answer had at another place.
   */
  accept(reply: unknown, taken: SortKey | null): void {
    const [state, number, ordered, ...parts] = list(reply)
    if (state === 'again') return
    this.#taken = taken
    this.driver = { number: Number(number), ordered: Number(ordered) === 1 }
    this.#bound = null
    switch (state) {
      case 'done':
        this.#show(this.#rowsOf(parts[0]))
        this.#isExhausted = true
        return
      case 'full':
        this.#continueAfterLast(this.#rowsOf(parts[0]))
        if (Array.isArray(parts[1])) this.#bound = this.#keyOfPlace(parts[1])
        return
      case 'after':
        this.#after = ['1', ...list(parts[0]).map(text)]
        this.#bound = this.#keyOfPlace(list(parts[0]))
        this.#show(this.#rowsOf(parts[1]))
        return
      case 'segment':
        this.#collect(parts[0], parts[1])
        this.#resume = ['r', ...parts.slice(2, 6).map(text)]
        return
      case 'sorted':
        this.#collect(parts[0], parts[1])
        this.#finishSegments()
        return
      default:
        throw new TypeError(`The select script answered with state '${text(state)}'.`)
    }
  }

  #show(following: Row[]): void {
    const start = this.#start
    const received =
      start === null ? following : following.filter(({ key }) => this.#question.order.compare(key, start) > 0)
    const rows = this.#isFirst ? received : received.filter((row) => this.#isNew(row))
    this.#isFirst = false
    this.#rows = this.#next < this.#rows.length ? this.#rows.slice(this.#next).concat(rows) : rows
    this.#next = 0
  }

  #isNew({ key, record }: Row): boolean {
    if (this.#taken !== null && this.#question.order.compare(key, this.#taken) < 0) return false
    return !this.#shown.has(record.id)
  }

  #continueAfterLast(rows: Row[]): void {
    const last = rows.at(-1)
    if (last === undefined) throw new TypeError('The select script answered with a full page of no rows.')
    this.#after = placeArguments(this.#question.form, last.key)
    this.#show(rows)
  }

  #collect(cut: unknown, rows: unknown): void {
    this.#segments.push(...this.#rowsOf(rows))
    if (!Array.isArray(cut)) return
    const key = this.#keyOfPlace(cut)
    if (this.#horizon === null || this.#question.order.compare(key, this.#horizon) < 0) this.#horizon = key
  }

  #finishSegments(): void {
    const { order, form } = this.#question
    const horizon = this.#horizon
    const rows = onceEach(this.#segments.sort((left, right) => order.compare(left.key, right.key)))
    this.#segments = []
    this.#horizon = null
    this.#resume = noResume
    if (horizon === null) {
      this.#isExhausted = true
      this.#show(rows)
    } else {
      this.#after = placeArguments(form, horizon)
      this.#bound = horizon
      this.#show(rows.filter((row) => order.compare(row.key, horizon) <= 0))
    }
  }

  #keyOfPlace(place: readonly unknown[]): SortKey {
    return keyOfPlace(this.#question.form, place, this.partition.number)
  }

  #rowsOf(packed: unknown): Row[] {
    const { order, projection } = this.#question
    const tie = order.hasTies ? this.partition.number : undefined
    return readRows(projection, packed).map(({ record, createdAtMs, read }) => {
      const position = order.positionOf({ id: record.id, fields: read }, createdAtMs, tie)
      return { record, position, key: order.keyOfPosition(position) }
    })
  }
}

/** A record that moved while several segments were read may be in two of them. */
function onceEach(rows: readonly Row[]): Row[] {
  const ids = new Set<string>()
  return rows.filter(({ record }) => !ids.has(record.id) && ids.add(record.id))
}

const noResume: readonly string[] = ['']
