import type { ModelSchema } from '../../schema/model-schema.js'
import type { Order } from '../criteria.js'
import { rankingOf } from '../evaluate.js'
import { decidingPlaces, type Rank, type SortKey } from '../record-order.js'
import { text } from '../replies.js'
import { scoreOf, scoreText, stampOf } from './score-text.js'

/** The orders of a query as the scripts take them. */
export interface ScriptOrder {
  readonly args: readonly string[]
  /** The attributes whose values belong to a row's position. */
  readonly attributes: readonly string[]
  readonly columns: readonly ScriptColumn[]
  /** Number of orders that were asked for. */
  readonly length: number
  /** The direction of what all orders leave equal. */
  readonly tie: Order['direction']
}

/** One order: `c` creation, `s` a number, `t` a text, `k` the key; and its place among the orders that were asked for. */
interface ScriptColumn {
  readonly kind: 'c' | 's' | 't' | 'k'
  readonly direction: Order['direction']
  readonly place: number
}

/**
 * The script's form of orders, without those that decide nothing: after the key, of an attribute once more, and by creation
 * at the end, where it only gives ties their direction.
 */
export function scriptOrder(schema: ModelSchema, orders: readonly Order[]): ScriptOrder {
  const columns: ScriptColumn[] = []
  const args: string[] = []
  for (const place of decidingPlaces(schema, orders)) {
    const { attribute, direction, nulls } = orders[place] ?? { attribute: null, direction: 'asc' as const }
    const kind = kindOf(schema, attribute)
    columns.push({ kind, direction, place })
    args.push(kind, kind === 's' || kind === 't' ? (attribute ?? '') : '', direction, nulls ?? 'last')
  }
  const tie = orders.at(-1)?.direction ?? 'asc'
  const last = columns.at(-1)
  if (last?.kind === 'c' && orders[last.place]?.direction === tie) {
    columns.pop()
    args.splice(-4)
  }
  const attributes = orders.flatMap(({ attribute }) => attribute ?? [])
  return {
    args: [String(columns.length), ...args, tie],
    attributes: attributes.filter((attribute) => attribute !== schema.keyName),
    columns,
    length: orders.length,
    tie,
  }
}

/** The arguments of a place to begin after; null: the beginning. */
export function placeArguments(order: ScriptOrder, key: SortKey | null): readonly string[] {
  if (key === null) return ['0']
  const ranks = order.columns.flatMap(({ kind, place }) => {
    const rank = key.ranks[place] ?? null
    if (rank === null) return ['n', '']
    if (kind === 'c') return ['v', stampOf(Number(rank))]
    return ['v', typeof rank === 'number' ? scoreText(rank) : rank]
  })
  return ['1', ...ranks, stampOf(key.createdAtMs), key.id]
}

/**
 * The place at which the script is to begin in a partition, after a record of any partition. Where the record that equals it in all
 * but the partition would follow, that is right before it: as near as text can be, so that rows that come before, if there are any,
 * are to be left out of what is brought.
 */
export function placeWithin(order: ScriptOrder, key: SortKey, partition: number): SortKey {
  const { tie } = key
  if (tie === undefined || tie === partition || tie < partition === (order.tie === 'desc')) return key
  const ranks = [...key.ranks]
  for (const { kind, direction, place } of order.columns) {
    if (kind === 'k') ranks[place] = besides(key.id, direction)
  }
  return { ...key, ranks, id: besides(key.id, order.tie) }
}

/** The text that comes right before another one in order of bytes, or of many with the same beginning the last; descending exactly. */
function besides(id: string, direction: Order['direction']): string {
  if (direction === 'desc') return `${id}\0`
  const last = Array.from(id).at(-1) ?? ''
  const stem = id.slice(0, id.length - last.length)
  const code = last.codePointAt(0) ?? 0
  if (code === 0) return stem
  return `${stem}${String.fromCodePoint(code === 0xe000 ? 0xd7ff : code - 1)}\u{10FFFF}`
}

/** The sort key of a place that a script returned. */
export function keyOfPlace(order: ScriptOrder, place: readonly unknown[], partition: number): SortKey {
  const texts = place.map(text)
  const at = 2 * order.columns.length
  const createdAtMs = Number(texts[at])
  // Orders that the script was not given decide nothing, but for creation at the end, whose rank is this.
  const ranks: Rank[] = new Array(order.length).fill(createdAtMs)
  for (const [index, { kind, place: column }] of order.columns.entries()) {
    const rank = texts[2 * index + 1] ?? ''
    if (texts[2 * index] !== 'v') ranks[column] = null
    else ranks[column] = kind === 's' ? scoreOf(rank) : kind === 'c' ? Number(rank) : rank
  }
  return { ranks, createdAtMs, id: texts[at + 1] ?? '', tie: partition }
}

function kindOf(schema: ModelSchema, attribute: string | null): ScriptColumn['kind'] {
  if (attribute === null) return 'c'
  if (attribute === schema.keyName) return 'k'
  return rankingOf(schema, attribute).by === 'score' ? 's' : 't'
}
