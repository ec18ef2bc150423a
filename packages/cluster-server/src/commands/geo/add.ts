import { SYNTAX_ERROR } from '../../wire-errors.js'
import { argument, optionAt } from '../arguments.js'
import { defineCommand, keyRange } from '../command.js'
import { addToSortedSet } from '../sorted-set/write.js'
import { scoreOf, scoreText } from './cell.js'
import { coordinatesArgument } from './coordinates.js'

const OPTIONS: ReadonlySet<string> = new Set(['NX', 'XX', 'CH'])

export const geoadd = defineCommand({
  name: 'geoadd',
  arity: -5,
  flags: ['write', 'denyoom'],
  keySpecs: [keyRange(['RW', 'update'], 1)],
  categories: ['geo'],
  group: 'geo',
  since: '3.2.0',
  complexity: 'O(log N) for each member',
  summary: 'Adds places to a geo index or moves them',
  arguments: [
    { name: 'key', type: 'key', keySpecIndex: 0 },
    {
      name: 'condition',
      type: 'oneof',
      optional: true,
      since: '6.2.0',
      arguments: [
        { name: 'nx', type: 'pure-token', token: 'NX' },
        { name: 'xx', type: 'pure-token', token: 'XX' },
      ],
    },
    { name: 'change', type: 'pure-token', token: 'CH', optional: true, since: '6.2.0' },
    {
      name: 'longitude_latitude_member',
      type: 'block',
      multiple: true,
      arguments: [
        { name: 'longitude', type: 'double' },
        { name: 'latitude', type: 'double' },
        { name: 'member', type: 'string' },
      ],
    },
  ],
  run(context, argv) {
    let first = 2
    const options = new Set<string>()
    for (; OPTIONS.has(optionAt(argv, first)); first++) options.add(optionAt(argv, first))
    const words = argv.length - first
    if (words % 3 !== 0 || (options.has('NX') && options.has('XX'))) throw SYNTAX_ERROR
    const scores: number[] = []
    const pairs: string[] = []
    const members: string[] = []
    for (let i = first; i < argv.length; i += 3) {
      const point = coordinatesArgument(argv, i)
      scores.push(scoreOf(point))
      pairs.push(scoreText(point), argument(argv, i + 2))
      members.push(argument(argv, i + 2))
    }
    if (members.length === 0) throw SYNTAX_ERROR
    const changes = context.db.dirty
    const reply = addToSortedSet(context, argument(argv, 1), { options, scores, members })
    if (context.db.dirty !== changes) context.propagate('zadd', ...argv.slice(1, first), ...pairs)
    return reply
  },
})
