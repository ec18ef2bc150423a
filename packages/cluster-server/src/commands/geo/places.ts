import { NULL_ARRAY } from '../../resp/reply.js'
import { SYNTAX_ERROR } from '../../wire-errors.js'
import { argument } from '../arguments.js'
import { defineCommand, keyRange } from '../command.js'
import type { CommandContext } from '../context.js'
import { geohashText, pointOf } from './cell.js'
import { type Coordinates, coordinatesReply } from './coordinates.js'
import { distanceBetween, distanceText, unitArgument } from './distance.js'
import { UNITS } from './documented-words.js'

/** The places of the members that are named from the third word on. @throws WRONG_TYPE */
const placesOf = ({ db }: CommandContext, argv: readonly string[]): (Coordinates | undefined)[] => {
  const index = db.getSortedSet(argument(argv, 1))
  return argv.slice(2).map((member) => {
    const score = index?.score(member)
    return score === undefined ? undefined : pointOf(score)
  })
}

export const geopos = defineCommand({
  name: 'geopos',
  arity: -2,
  flags: ['readonly'],
  keySpecs: [keyRange(['RO', 'access'], 1)],
  categories: ['geo'],
  group: 'geo',
  since: '3.2.0',
  complexity: 'O(N) with N members',
  summary: 'Answers the coordinates of members of a geo index',
  arguments: [
    { name: 'key', type: 'key', keySpecIndex: 0 },
    { name: 'member', type: 'string', multiple: true },
  ],
  run: (context, argv) =>
    placesOf(context, argv).map((place) => (place === undefined ? NULL_ARRAY : coordinatesReply(place))),
})

export const geohash = defineCommand({
  name: 'geohash',
  arity: -2,
  flags: ['readonly'],
  keySpecs: [keyRange(['RO', 'access'], 1)],
  categories: ['geo'],
  group: 'geo',
  since: '3.2.0',
  complexity: 'O(log N) for each member',
  summary: 'Answers the geohash texts of members of a geo index',
  arguments: [
    { name: 'key', type: 'key', keySpecIndex: 0 },
    { name: 'member', type: 'string', multiple: true },
  ],
  run: (context, argv) => placesOf(context, argv).map((place) => (place === undefined ? null : geohashText(place))),
})

export const geodist = defineCommand({
  name: 'geodist',
  arity: -4,
  flags: ['readonly'],
  keySpecs: [keyRange(['RO', 'access'], 1)],
  categories: ['geo'],
  group: 'geo',
  since: '3.2.0',
  complexity: 'O(log N)',
  summary: 'Answers the distance between two members of a geo index',
  arguments: [
    { name: 'key', type: 'key', keySpecIndex: 0 },
    { name: 'member1', type: 'string' },
    { name: 'member2', type: 'string' },
    { name: 'unit', type: 'oneof', optional: true, arguments: UNITS },
  ],
  run(context, argv) {
    if (argv.length > 5) throw SYNTAX_ERROR
    const metres = argv.length === 5 ? unitArgument(argument(argv, 4)) : 1
    const [one, other] = placesOf(context, argv)
    return one && other ? distanceText(distanceBetween(one, other) / metres) : null
  },
})
