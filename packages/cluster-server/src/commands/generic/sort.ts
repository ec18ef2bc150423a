import { isOutOfRange, parseCDouble } from '../../double-text.js'
import type { Database } from '../../keyspace/database.js'
import { ListValue } from '../../keyspace/list-value.js'
import { textOf } from '../../keyspace/value.js'
import type { Reply } from '../../resp/reply.js'
import { WRONG_TYPE, wireError } from '../../wire-errors.js'
import { optionAt } from '../arguments.js'
import { type Command, defineCommand, type KeyReference, keyRange } from '../command.js'
import type { CommandContext } from '../context.js'
import { partialSort } from '../partial-sort.js'
import { readSortRequest, type SortRequest } from './sort-request.js'

const NOT_A_SCORE = wireError("ERR One or more scores can't be converted into double")

/** The elements as they are kept; those of a sorted set by score. @throws WRONG_TYPE */
const elementsOf = (db: Database, key: string): readonly string[] => {
  const value = db.get(key)
  if (value === undefined) return []
  if (typeof value === 'string' || value.type === 'string' || value.type === 'hash' || value.type === 'stream')
    throw WRONG_TYPE
  switch (value.type) {
    case 'list':
      return value.slice(0, value.size)
    case 'set':
      return value.members()
    case 'zset':
      return value.slice(0, value.size).members
    default:
      return value satisfies never
  }
}

/** The string, or the field of a hash, that `pattern` names for an element; null when there is none. */
const lookUp = (db: Database, pattern: string, element: string): string | null => {
  if (pattern === '#') return element
  const star = pattern.indexOf('*')
  if (star === -1) return null
  const arrow = pattern.indexOf('->', star + 1)
  const hasField = arrow !== -1 && arrow + 2 < pattern.length
  const suffix = hasField ? pattern.slice(star + 1, arrow) : pattern.slice(star + 1)
  const value = db.get(pattern.slice(0, star) + element + suffix)
  if (value === undefined) return null
  if (!hasField) return textOf(value) ?? null
  return typeof value === 'string' || value.type !== 'hash' ? null : (value.get(pattern.slice(arrow + 2)) ?? null)
}

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** ALPHA compares as C does: a text ends at its first zero byte. */
const untilZero = (text: string): string => {
  const end = text.indexOf('\0')
  return end === -1 ? text : text.slice(0, end)
}

const compareStrings = (a: string, b: string): number => compareText(untilZero(a), untilZero(b))

/** A weight that is missing stands before every other one. */
const compareWeights = (a: string | null, b: string | null, compare: (a: string, b: string) => number): number => {
  if (a === null || b === null) return a === b ? 0 : a === null ? -1 : 1
  return compare(a, b)
}

/** Smaller sizes than this are subnormal, which C's `strtod` reports as out of range. */
const SMALLEST_NORMAL = 2.2250738585072014e-308

const asScore = (weight: string | null): number => {
  if (weight === null) return 0
  const score = parseCDouble(weight)
  if (score === undefined || isOutOfRange(weight, score)) throw NOT_A_SCORE
  if (score !== 0 && Math.abs(score) < SMALLEST_NORMAL) throw NOT_A_SCORE
  return score
}

/** The first and the last element that are asked for; the last is before the first when there is none. */
const rangeOf = ({ offset, count }: SortRequest, size: number): { readonly first: number; readonly last: number } => {
  const first = Math.min(Math.max(0, offset), size)
  if (first >= size) return { first: size - 1, last: size - 2 }
  return { first, last: count < 0 ? size - 1 : Math.min(size - 1, first + count - 1) }
}

interface Weighted {
  readonly element: string
  readonly weight: string | null
  score: number
}

/** What is stored is compared to its end; what is answered, up to a zero byte. */
const comparison = (request: SortRequest): ((a: Weighted, b: Weighted) => number) => {
  const direction = request.descending ? -1 : 1
  if (!request.alphabetic) return (a, b) => direction * (a.score - b.score || compareText(a.element, b.element))
  const compare = request.store === null ? compareStrings : compareText
  return (a, b) => direction * compareWeights(a.weight, b.weight, compare)
}

const sorted = (db: Database, elements: readonly string[], request: SortRequest): string[] => {
  const { by } = request
  const order = elements.map((element): Weighted => {
    return { element, weight: by === null ? element : lookUp(db, by, element), score: 0 }
  })
  if (!request.alphabetic) for (const item of order) item.score = asScore(item.weight)
  const { first, last } = rangeOf(request, order.length)
  // Redis leaves equal weights in the order of its sort: as they came, unless it sorts a part by a pattern.
  const isPart = by !== null && (first !== 0 || last !== order.length - 1)
  if (isPart) partialSort(order, comparison(request), first, last)
  else order.sort(comparison(request))
  return order.map(({ element }) => element)
}

const inOrder = (context: CommandContext, request: SortRequest): readonly string[] => {
  const { db, client } = context
  const elements = elementsOf(db, request.key)
  const value = db.peek(request.key)
  const type = typeof value === 'object' ? value.type : 'list'
  // Redis converts a sorted set for good before it is sorted.
  if (typeof value === 'object' && value.type === 'zset') value.unpack()
  if (request.by === null || request.by.includes('*')) return sorted(db, elements, request)
  // What is stored or scripted must be the same everywhere, and a set has no order of its own.
  if (type === 'set' && (request.store !== null || client.link === null)) {
    return sorted(db, elements, { ...request, by: null, alphabetic: true })
  }
  return type !== 'set' && request.descending ? [...elements].reverse() : elements
}

const results = (context: CommandContext, request: SortRequest): (string | null)[] => {
  const elements = inOrder(context, request)
  const { first, last } = rangeOf(request, elements.length)
  const chosen = elements.slice(Math.max(0, first), Math.max(0, last + 1))
  if (request.gets.length === 0) return chosen
  return chosen.flatMap((element) => request.gets.map((pattern) => lookUp(context.db, pattern, element)))
}

const storeResults = ({ db }: CommandContext, key: string, found: readonly (string | null)[]): number => {
  if (found.length === 0) {
    if (db.discard(key)) db.changed(key, 'del')
    return 0
  }
  const list = new ListValue()
  for (const element of found) list.pushRight(element ?? '')
  db.set(key, list)
  db.changed(key, 'sortstore')
  return found.length
}

const run = (context: CommandContext, argv: readonly string[], command: Command, mayStore: boolean): Reply => {
  const { client, server } = context
  const request = readSortRequest(argv, {
    mayStore,
    isCluster: server.cluster !== null,
    mayReadAllKeys: () => server.access.mayReadAllKeys(client, command, argv),
  })
  const found = context.db.reading(() => results(context, request))
  return request.store === null ? found : storeResults(context, request.store, found)
}

/** The sorted key, and the last destination that is named. */
const findSortKeys = (argv: readonly string[]): readonly KeyReference[] => {
  let destination: number | null = null
  for (let i = 2; i < argv.length; i++) {
    const option = optionAt(argv, i)
    if (option === 'LIMIT') i += 2
    else if (option === 'BY' || option === 'GET') i++
    else if (option === 'STORE' && i + 1 < argv.length) destination = ++i
  }
  const source: KeyReference = { index: 1, flags: ['RO', 'access'] }
  return destination === null ? [source] : [source, { index: destination, flags: ['OW', 'update'] }]
}

export const sort: Command = defineCommand({
  name: 'sort',
  arity: -2,
  flags: ['write', 'denyoom', 'movablekeys'],
  keySpecs: [
    keyRange(['RO', 'access'], 1),
    {
      flags: ['RO', 'access'],
      notes:
        "For the optional BY/GET keyword. It is marked 'unknown' because the key names derive from the content of the key we sort",
      begin: 'unknown',
      find: 'unknown',
    },
    {
      flags: ['OW', 'update'],
      notes:
        "For the optional STORE keyword. It is marked 'unknown' because the keyword can appear anywhere in the argument array",
      begin: 'unknown',
      find: 'unknown',
    },
  ],
  categories: ['set', 'sortedset', 'list', 'dangerous'],
  group: 'generic',
  since: '1.0.0',
  complexity: 'O(N+M*log(M)) where N is the number of elements and M that of those returned',
  summary: 'Sorts the elements of a list, a set or a sorted set',
  arguments: [
    { name: 'key', type: 'key', keySpecIndex: 0 },
    { name: 'pattern', type: 'pattern', token: 'BY', optional: true, keySpecIndex: 1 },
    {
      name: 'offset_count',
      type: 'block',
      token: 'LIMIT',
      optional: true,
      arguments: [
        { name: 'offset', type: 'integer' },
        { name: 'count', type: 'integer' },
      ],
    },
    {
      name: 'pattern',
      type: 'pattern',
      token: 'GET',
      optional: true,
      multiple: true,
      multipleToken: true,
      keySpecIndex: 1,
    },
    {
      name: 'order',
      type: 'oneof',
      optional: true,
      arguments: [
        { name: 'asc', type: 'pure-token', token: 'ASC' },
        { name: 'desc', type: 'pure-token', token: 'DESC' },
      ],
    },
    { name: 'sorting', type: 'pure-token', token: 'ALPHA', optional: true },
    { name: 'destination', type: 'key', token: 'STORE', optional: true, keySpecIndex: 2 },
  ],
  findKeys: findSortKeys,
  run: (context, argv) => run(context, argv, sort, true),
})

export const sortRo: Command = defineCommand({
  name: 'sort_ro',
  arity: -2,
  flags: ['readonly', 'movablekeys'],
  keySpecs: [
    keyRange(['RO', 'access'], 1),
    {
      flags: ['RO', 'access'],
      notes:
        "For the optional BY/GET keyword. It is marked 'unknown' because the key names derive from the content of the key we sort",
      begin: 'unknown',
      find: 'unknown',
    },
  ],
  categories: ['set', 'sortedset', 'list', 'dangerous'],
  group: 'generic',
  since: '7.0.0',
  complexity: 'O(N+M*log(M)) where N is the number of elements and M that of those returned',
  summary: 'Sorts like SORT, and stores nothing',
  arguments: [
    { name: 'key', type: 'key', keySpecIndex: 0 },
    { name: 'pattern', type: 'pattern', token: 'BY', optional: true, keySpecIndex: 1 },
    {
      name: 'offset_count',
      type: 'block',
      token: 'LIMIT',
      optional: true,
      arguments: [
        { name: 'offset', type: 'integer' },
        { name: 'count', type: 'integer' },
      ],
    },
    {
      name: 'pattern',
      type: 'pattern',
      token: 'GET',
      optional: true,
      multiple: true,
      multipleToken: true,
      keySpecIndex: 1,
    },
    {
      name: 'order',
      type: 'oneof',
      optional: true,
      arguments: [
        { name: 'asc', type: 'pure-token', token: 'ASC' },
        { name: 'desc', type: 'pure-token', token: 'DESC' },
      ],
    },
    { name: 'sorting', type: 'pure-token', token: 'ALPHA', optional: true },
  ],
  findKeys: () => [{ index: 1, flags: ['RO', 'access'] }],
  run: (context, argv) => run(context, argv, sortRo, false),
})
