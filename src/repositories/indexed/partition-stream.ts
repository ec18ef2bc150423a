import type { ScriptRequest } from '../../connections/connection.js'
import type { ModelSchema } from '../../schema/model-schema.js'
import type { Order, Position } from '../criteria.js'
import { rankingOf } from '../evaluate.js'
import type { RecordOrder, SortKey } from '../record-order.js'
import { list, text, texts } from '../replies.js'
import type { StoredRecord } from '../repository.js'
import type { Partition } from './layout.js'
import { recordOfRow } from './record-hash.js'
import { scoreOf, scoreText, stampOf } from './score-text.js'
import type { ScriptBudget } from './script-budget.js'
import { selectScript } from './scripts/select-script.js'

/** One answer to a query. */
export interface Row {
  readonly record: StoredRecord
  readonly createdAtMs: number
  readonly key: SortKey
}

/** Which driver a script walked, and whether it brought rows in the wanted order. */
export interface DriverChoice {
  readonly number: number
  readonly ordered: boolean
}

/** The order of a query as the scripts take it: `c` creation, `s` a number, `t` a text, `k` the key. */
export interface ScriptOrder {
  readonly kind: 'c' | 's' | 't' | 'k'
  readonly args: readonly string[]
}

/** The script's form of an order. */
export function scriptOrder(schema: ModelSchema, orders: readonly Order[]): ScriptOrder {
  const [order] = orders
  if (orders.length > 1) throw new RangeError('The indexed repository sorts by one order.')
  if (order === undefined || order.attribute === null) {
    return { kind: 'c', args: ['c', '', order?.direction ?? 'asc'] }
  }
  if (order.attribute === schema.keyName) return { kind: 'k', args: ['k', '', order.direction] }
  const kind = rankingOf(schema, order.attribute).by === 'score' ? 's' : 't'
  return { kind, args: [kind, order.attribute, order.direction] }
}

/**
 * The rows of one partition in order, asked for as they are needed. The caller sends `request` while `isWaiting`, or ahead
 * of need until `isExhausted`, one at a time, and hands the reply to `accept`. Each request begins strictly after the last row that was received, by its values: rows
 * written meanwhile neither shift nor repeat the others.
 */
export class PartitionStream {
  readonly partition: Partition
  driver: DriverChoice | null = null
  /** Rows that the latest request asked for. */
  lastWant = 0
  readonly #order: RecordOrder
  readonly #scriptOrder: ScriptOrder
  readonly #condition: readonly string[]
  #after: readonly string[]
  #resume: readonly string[] = noResume
  #rows: Row[] = []
  #next = 0
  #isExhausted = false
  /** Rows of the segments read so far of a driver that must be sorted. */
  #segments: Row[] = []
  /** Beyond this key some segment has rows that it left out. */
  #horizon: SortKey | null = null

  constructor(
    partition: Partition,
    order: RecordOrder,
    form: ScriptOrder,
    condition: readonly string[],
    after: Position | null,
  ) {
    this.partition = partition
    this.#order = order
    this.#scriptOrder = form
    this.#condition = condition
    this.#after = after === null ? noAfter : afterArguments(form, order.keyOfPosition(after))
  }

  /** True while the next row is unknown. */
  get isWaiting(): boolean {
    return this.#next >= this.#rows.length && !this.#isExhausted
  }

  /** True when there is nothing to ask for. */
  get isExhausted(): boolean {
    return this.#isExhausted
  }

  /** The next row without taking it; undefined at the end. */
  get head(): Row | undefined {
    return this.#rows[this.#next]
  }

  take(): void {
    this.#next++
  }

  request(want: number, budget: ScriptBudget): ScriptRequest {
    this.lastWant = want
    const head = [budget.candidates, budget.chunk, want]
    const args = [...head, ...this.#scriptOrder.args, ...this.#after, ...this.#resume, ...this.#condition]
    return { type: 'script', script: selectScript, keys: this.partition.keys, args }
  }

  accept(reply: unknown): void {
    const [state, ...rest] = list(reply)
    if (state === 'again') return
    const [number, ordered, ...parts] = rest
    this.driver = { number: Number(number), ordered: Number(ordered) === 1 }
    switch (state) {
      case 'done':
        this.#show(this.#rowsOf(parts[0]))
        this.#isExhausted = true
        return
      case 'full':
        this.#continueAfterLast(this.#rowsOf(parts[0]))
        return
      case 'after':
        this.#after = parts.slice(0, 4).map(text)
        this.#show(this.#rowsOf(parts[4]))
        return
      case 'segment':
        this.#collect(parts[0], parts[5])
        this.#resume = ['r', ...parts.slice(1, 5).map(text)]
        return
      case 'sorted':
        this.#collect(parts[0], parts[1])
        this.#finishSegments()
        return
      default:
        throw new TypeError(`The select script answered with state '${text(state)}'.`)
    }
  }

  #show(rows: Row[]): void {
    this.#rows = this.#next < this.#rows.length ? this.#rows.slice(this.#next).concat(rows) : rows
    this.#next = 0
  }

  #continueAfterLast(rows: Row[]): void {
    const last = rows.at(-1)
    if (last === undefined) throw new TypeError('The select script answered with a full page of no rows.')
    this.#after = afterArguments(this.#scriptOrder, last.key)
    this.#show(rows)
  }

  #collect(cut: unknown, rows: unknown): void {
    this.#segments.push(...this.#rowsOf(rows))
    if (!Array.isArray(cut)) return
    const key = this.#keyOfPlace(texts(cut))
    if (this.#horizon === null || this.#order.compare(key, this.#horizon) < 0) this.#horizon = key
  }

  #finishSegments(): void {
    const horizon = this.#horizon
    const rows = this.#segments.sort((left, right) => this.#order.compare(left.key, right.key))
    this.#segments = []
    this.#horizon = null
    this.#resume = noResume
    if (horizon === null) {
      this.#isExhausted = true
      this.#show(rows)
    } else {
      this.#after = afterArguments(this.#scriptOrder, horizon)
      this.#show(rows.filter((row) => this.#order.compare(row.key, horizon) <= 0))
    }
  }

  #keyOfPlace([kind = '', rank = '', stamp = '', id = '']: readonly string[]): SortKey {
    const createdAtMs = Number(stamp)
    if (kind === 'null') return { ranks: [null], createdAtMs, id }
    switch (this.#scriptOrder.kind) {
      case 'c':
        return { ranks: [createdAtMs], createdAtMs, id }
      case 's':
        return { ranks: [scoreOf(rank)], createdAtMs, id }
      case 't':
      case 'k':
        return { ranks: [rank], createdAtMs, id }
      default:
        throw new TypeError(`Unknown order: ${String(this.#scriptOrder.kind satisfies never)}`)
    }
  }

  #rowsOf(reply: unknown): Row[] {
    const flat = list(JSON.parse(text(reply)))
    const rows: Row[] = []
    let names: readonly string[] = []
    for (let index = 0; index < flat.length; index += 3) {
      const others = flat[index + 1]
      if (others !== false) names = texts(others)
      const found = recordOfRow(text(flat[index]), names, texts(flat[index + 2]))
      if (found === null) continue
      const { record, createdAtMs } = found
      rows.push({ record, createdAtMs, key: this.#order.keyOf(record, createdAtMs) })
    }
    return rows
  }
}

const noResume: readonly string[] = ['']
const noAfter: readonly string[] = ['', '', '', '']

function afterArguments(order: ScriptOrder, key: SortKey): readonly string[] {
  const stamp = stampOf(key.createdAtMs)
  const [rank = 0] = key.ranks
  if (rank === null) return ['null', '', stamp, key.id]
  if (order.kind === 'c') return ['value', stamp, stamp, key.id]
  return ['value', typeof rank === 'number' ? scoreText(rank) : rank, stamp, key.id]
}
