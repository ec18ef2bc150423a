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
}

/** One order: `c` creation, `s` a number, `t` a text, `k` the key; and its place among the orders that were asked for. */
interface ScriptColumn {
  readonly kind: 'c' | 's' | 't' | 'k'
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
    columns.push({ kind, place })
    args.push(kind, kind === 's' || kind === 't' ? (attribute ?? '') : '', direction, nulls ?? 'last')
  }
  const tie = columns.at(-1)?.kind === 'k' ? 'asc' : (orders.at(-1)?.direction ?? 'asc')
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

/** The sort key of a place that a script returned. */
export function keyOfPlace(order: ScriptOrder, place: readonly unknown[]): SortKey {
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
  return { ranks, createdAtMs, id: texts[at + 1] ?? '' }
}

function kindOf(schema: ModelSchema, attribute: string | null): ScriptColumn['kind'] {
  if (attribute === null) return 'c'
  if (attribute === schema.keyName) return 'k'
  return rankingOf(schema, attribute).by === 'score' ? 's' : 't'
}
