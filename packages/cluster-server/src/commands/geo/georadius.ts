import type { Reply } from '../../resp/reply.js'
import { argument } from '../arguments.js'
import { type CommandArgument, defineCommand, type KeySpec, keyRange } from '../command.js'
import type { CommandContext } from '../context.js'
import { coordinatesArgument } from './coordinates.js'
import { countWords, FACTS, ORDER, UNITS } from './documented-words.js'
import { runSearch } from './search.js'
import { circleArgument, placeOfMember, SearchReader } from './search-request.js'

const COMPLEXITY = 'O(N + log M) with N members in the cells around the circle and M in the index'
/** Where the options begin behind coordinates, and behind a member. */
const AFTER_COORDINATES = 6
const AFTER_MEMBER = 5

const searchAround =
  (centre: 'coordinates' | 'member', stores: 'never' | 'byOption') =>
  (context: CommandContext, argv: readonly string[]): Reply => {
    const source = context.db.reading(() => context.db.getSortedSet(argument(argv, 1)))
    const reader = new SearchReader(argv, { searches: false, stores }, source)
    const first = centre === 'coordinates' ? AFTER_COORDINATES : AFTER_MEMBER
    if (centre === 'coordinates') reader.centre = coordinatesArgument(argv, 2)
    else if (source) reader.centre = placeOfMember(source, argument(argv, 2))
    // Around a member of nothing even the radius is not looked at.
    if (reader.centre) reader.extent = circleArgument(argv, first - 2)
    return runSearch(context, source, reader.read(first), 'georadiusstore')
  }

const storeSpec = (keyword: string, startFrom: number): KeySpec => ({
  flags: ['OW', 'update'],
  begin: { keyword, startFrom },
  find: { range: { lastKey: 0, step: 1, limit: 0 } },
})

const KEY: CommandArgument = { name: 'key', type: 'key', keySpecIndex: 0 }
const COORDINATES: readonly CommandArgument[] = [
  { name: 'longitude', type: 'double' },
  { name: 'latitude', type: 'double' },
]
const MEMBER: CommandArgument = { name: 'member', type: 'string' }
const CIRCLE: readonly CommandArgument[] = [
  { name: 'radius', type: 'double' },
  { name: 'unit', type: 'oneof', arguments: UNITS },
]
const STORE: readonly CommandArgument[] = [
  { name: 'key', type: 'key', token: 'STORE', optional: true, keySpecIndex: 1 },
  { name: 'key', type: 'key', token: 'STOREDIST', optional: true, keySpecIndex: 2 },
]

export const georadius = defineCommand({
  name: 'georadius',
  arity: -6,
  flags: ['write', 'denyoom', 'movablekeys'],
  keySpecs: [
    keyRange(['RO', 'access'], 1),
    storeSpec('STORE', AFTER_COORDINATES),
    storeSpec('STOREDIST', AFTER_COORDINATES),
  ],
  categories: ['geo'],
  group: 'geo',
  since: '3.2.0',
  complexity: COMPLEXITY,
  summary: 'Finds, and may store, the members of a geo index around a point',
  docFlags: ['deprecated'],
  deprecatedSince: '6.2.0',
  replacedBy: '`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` argument',
  arguments: [KEY, ...COORDINATES, ...CIRCLE, ...FACTS, countWords('6.2.0'), ORDER, ...STORE],
  run: searchAround('coordinates', 'byOption'),
})

export const georadiusbymember = defineCommand({
  name: 'georadiusbymember',
  arity: -5,
  flags: ['write', 'denyoom', 'movablekeys'],
  keySpecs: [keyRange(['RO', 'access'], 1), storeSpec('STORE', AFTER_MEMBER), storeSpec('STOREDIST', AFTER_MEMBER)],
  categories: ['geo'],
  group: 'geo',
  since: '3.2.0',
  complexity: COMPLEXITY,
  summary: 'Finds, and may store, the members of a geo index around one of them',
  docFlags: ['deprecated'],
  deprecatedSince: '6.2.0',
  replacedBy: '`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` and `FROMMEMBER` arguments',
  arguments: [KEY, MEMBER, ...CIRCLE, ...FACTS, countWords(), ORDER, ...STORE],
  run: searchAround('member', 'byOption'),
})

export const georadiusRo = defineCommand({
  name: 'georadius_ro',
  arity: -6,
  flags: ['readonly'],
  keySpecs: [keyRange(['RO', 'access'], 1)],
  categories: ['geo'],
  group: 'geo',
  since: '3.2.10',
  complexity: COMPLEXITY,
  summary: 'Finds the members of a geo index around a point',
  docFlags: ['deprecated'],
  deprecatedSince: '6.2.0',
  replacedBy: '`GEOSEARCH` with the `BYRADIUS` argument',
  arguments: [KEY, ...COORDINATES, ...CIRCLE, ...FACTS, countWords('6.2.0'), ORDER],
  run: searchAround('coordinates', 'never'),
})

export const georadiusbymemberRo = defineCommand({
  name: 'georadiusbymember_ro',
  arity: -5,
  flags: ['readonly'],
  keySpecs: [keyRange(['RO', 'access'], 1)],
  categories: ['geo'],
  group: 'geo',
  since: '3.2.10',
  complexity: COMPLEXITY,
  summary: 'Finds the members of a geo index around one of them',
  docFlags: ['deprecated'],
  deprecatedSince: '6.2.0',
  replacedBy: '`GEOSEARCH` with the `BYRADIUS` and `FROMMEMBER` arguments',
  arguments: [KEY, MEMBER, ...CIRCLE, ...FACTS, countWords(), ORDER],
  run: searchAround('member', 'never'),
})
