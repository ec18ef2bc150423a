/** How a ratio is judged: by the gate that it must not miss, and the aim behind it. */
export type Bound =
  | { readonly type: 'atMost'; readonly gate: number; readonly aim: number }
  | { readonly type: 'atLeast'; readonly gate: number; readonly aim: number }

/** A row of the table: what is compared with what. */
export interface Row {
  readonly what: string
  readonly peer: string
  /** Null: printed, not judged. */
  readonly bound: Bound | null
}

const atMost = (gate: number, aim: number): Bound => ({ type: 'atMost', gate, aim })
const atLeast = (gate: number, aim: number): Bound => ({ type: 'atLeast', gate, aim })

/** The rows in the order in which they are measured. `atMost` is time beside the peer's, `atLeast` how many times as fast. */
export const rows = {
  'save-hset': { what: 'save, 8 attributes, 3 indexed, all changed', peer: 'HSET', bound: atMost(3.5, 2.8) },
  'save-multi': { what: 'save, the same', peer: 'its commands as MULTI', bound: atLeast(1.3, 1.8) },
  'insert-many': { what: 'insertMany of 100,000', peer: 'its script, pipelined EVALSHA', bound: atLeast(0.7, 0.85) },
  'nohm-create': { what: 'create', peer: 'nohm 3', bound: atLeast(1.5, 2) },
  'nohm-find': { what: 'find', peer: 'nohm 3', bound: atLeast(1.5, 2) },
  'nohm-update': { what: 'find + update', peer: 'nohm 3', bound: atLeast(1.2, 1.5) },
  page: { what: '10 pages of 100', peer: '100 awaited HGETALL each', bound: atLeast(10, 15) },
  'equal-rows': { what: 'two equalities of 100,000, 10,000 rows', peer: 'SCAN + HGETALL', bound: atLeast(8, 10) },
  'equal-ids': { what: 'the same, ids', peer: 'SCAN + HGETALL', bound: atLeast(60, 100) },
  'equal-limit': { what: 'the same, LIMIT 100', peer: 'SCAN + HGETALL', bound: atLeast(100, 250) },
  'ordered-64': { what: 'ordered page of 100, 64 partitions', peer: 'one partition', bound: atMost(6, 3) },
  growth: { what: 'queries on many records', peer: 'on 10,000', bound: atMost(2, 1.3) },
  memory: { what: 'indexes of 3 attributes', peer: 'the records themselves', bound: null },
  'hydrate-plain': { what: 'get() of 100,000, hydration', peer: 'plain objects', bound: atMost(4, 1.5) },
  'hydrate-transformer': { what: 'the same', peer: 'class-transformer', bound: atLeast(4, 10) },
  types: { what: 'tsc on 50 models, 500 queries', peer: 'plain classes', bound: null },
} as const satisfies Record<string, Row>

/** The name of a row, for `--only`. */
export type RowName = keyof typeof rows

/** All names, in order. */
export const rowNames = Object.keys(rows).filter((name): name is RowName => isRowName(name))

/** Whether a text is the name of a row. */
export function isRowName(name: string): name is RowName {
  return Object.hasOwn(rows, name)
}

/** Where a ratio stands: `reaches the aim`, `passes`, `falls short`. */
export const verdict = ({ type, gate, aim }: Bound, ratio: number): string => {
  const meets = (limit: number): boolean => (type === 'atMost' ? ratio <= limit : ratio >= limit)
  return meets(aim) ? 'reaches the aim' : meets(gate) ? 'passes' : 'FALLS SHORT'
}
