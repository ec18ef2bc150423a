import type { Reply } from '../../resp/reply.js'
import { argument } from '../arguments.js'
import { type CommandArgument, defineCommand, keyRange } from '../command.js'
import type { CommandContext } from '../context.js'
import { countWords, FACTS, ORDER, UNITS } from './documented-words.js'
import { runSearch } from './search.js'
import { SearchReader } from './search-request.js'

const FROM: CommandArgument = {
  name: 'from',
  type: 'oneof',
  arguments: [
    { name: 'member', type: 'string', token: 'FROMMEMBER' },
    {
      name: 'longitude_latitude',
      type: 'block',
      token: 'FROMLONLAT',
      arguments: [
        { name: 'longitude', type: 'double' },
        { name: 'latitude', type: 'double' },
      ],
    },
  ],
}

const BY: CommandArgument = {
  name: 'by',
  type: 'oneof',
  arguments: [
    {
      name: 'circle',
      type: 'block',
      arguments: [
        { name: 'radius', type: 'double', token: 'BYRADIUS' },
        { name: 'unit', type: 'oneof', arguments: UNITS },
      ],
    },
    {
      name: 'box',
      type: 'block',
      arguments: [
        { name: 'width', type: 'double', token: 'BYBOX' },
        { name: 'height', type: 'double' },
        { name: 'unit', type: 'oneof', arguments: UNITS },
      ],
    },
  ],
}

const search = (context: CommandContext, argv: readonly string[], destination: string | null): Reply => {
  const sourceAt = destination === null ? 1 : 2
  const source = context.db.reading(() => context.db.getSortedSet(argument(argv, sourceAt)))
  const form = { searches: true, stores: destination === null ? 'never' : 'always' } as const
  const reader = new SearchReader(argv, form, source)
  reader.storeKey = destination
  return runSearch(context, source, reader.read(sourceAt + 1), 'geosearchstore')
}

export const geosearch = defineCommand({
  name: 'geosearch',
  arity: -7,
  flags: ['readonly'],
  keySpecs: [keyRange(['RO', 'access'], 1)],
  categories: ['geo'],
  group: 'geo',
  since: '6.2.0',
  complexity: 'O(N + log M) with N members in the cells around the area and M in it',
  summary: 'Finds the members of a geo index within a circle or a box',
  arguments: [{ name: 'key', type: 'key', keySpecIndex: 0 }, FROM, BY, ORDER, countWords(), ...FACTS],
  run: (context, argv) => search(context, argv, null),
})

export const geosearchstore = defineCommand({
  name: 'geosearchstore',
  arity: -8,
  flags: ['write', 'denyoom'],
  keySpecs: [keyRange(['OW', 'update'], 1), keyRange(['RO', 'access'], 2)],
  categories: ['geo'],
  group: 'geo',
  since: '6.2.0',
  complexity: 'O(N + log M) with N members in the cells around the area and M in it',
  summary: 'Stores the members of a geo index within a circle or a box',
  arguments: [
    { name: 'destination', type: 'key', keySpecIndex: 0 },
    { name: 'source', type: 'key', keySpecIndex: 1 },
    FROM,
    BY,
    ORDER,
    countWords(),
    { name: 'storedist', type: 'pure-token', token: 'STOREDIST', optional: true },
  ],
  run: (context, argv) => search(context, argv, argument(argv, 1)),
})
