import { type SortedSetLimits, SortedSetValue } from '../../keyspace/sorted-set-value.js'
import { DoubleReply, type Reply } from '../../resp/reply.js'
import { SYNTAX_ERROR, wireError } from '../../wire-errors.js'
import { argument, doubleArgument, optionAt } from '../arguments.js'
import { defineCommand, keyRange } from '../command.js'
import type { CommandContext } from '../context.js'
import { sortedSetLimits } from '../value-limits.js'

const NX_AND_XX = wireError('ERR XX and NX options at the same time are not compatible')
const GT_AND_LT = wireError('ERR GT, LT, and/or NX options at the same time are not compatible')
const SEVERAL_INCREMENTS = wireError('ERR INCR option supports a single increment-element pair')
const NOT_A_NUMBER = wireError('ERR resulting score is not a number (NaN)')

type AddOption = 'NX' | 'XX' | 'GT' | 'LT' | 'CH' | 'INCR'
const OPTIONS: ReadonlySet<string> = new Set<AddOption>(['NX', 'XX', 'GT', 'LT', 'CH', 'INCR'])

/** What ZADD is to do; options in upper case. */
export interface AddArguments {
  readonly options: ReadonlySet<string>
  readonly scores: readonly number[]
  readonly members: readonly string[]
}

const NO_OPTIONS: ReadonlySet<string> = new Set()

const LETTER_BIT = 32
const FIRST_LETTERS: ReadonlySet<number> = new Set([...OPTIONS].map((option) => option.charCodeAt(0) | LETTER_BIT))

/** A number is told from an option by its first character alone. */
const isOption = (argv: readonly string[], index: number): boolean =>
  FIRST_LETTERS.has((argv[index] ?? '').charCodeAt(0) | LETTER_BIT) && OPTIONS.has(optionAt(argv, index))

/** Options that exclude each other are refused. */
const checkOptions = (options: ReadonlySet<string>, words: number): void => {
  if (options.has('NX') && options.has('XX')) throw NX_AND_XX
  const comparisons = [options.has('NX'), options.has('GT'), options.has('LT')].filter(Boolean).length
  if (comparisons > 1) throw GT_AND_LT
  if (options.has('INCR') && words > 2) throw SEVERAL_INCREMENTS
}

const readAdd = (argv: readonly string[]): AddArguments => {
  let options = NO_OPTIONS
  let first = 2
  for (; isOption(argv, first); first++) {
    options = new Set([...options, optionAt(argv, first)])
  }
  const words = argv.length - first
  if (words === 0 || words % 2 === 1) throw SYNTAX_ERROR
  if (options !== NO_OPTIONS) checkOptions(options, words)
  const scores: number[] = []
  const members: string[] = []
  for (let i = first; i < argv.length; i += 2) {
    scores.push(doubleArgument(argument(argv, i)))
    members.push(argument(argv, i + 1))
  }
  return { options, scores, members }
}

type Outcome =
  | { readonly type: 'added' | 'updated' | 'unchanged'; readonly score: number }
  | { readonly type: 'skipped' | 'notANumber' }

const addMember = (
  set: SortedSetValue,
  member: string,
  score: number,
  options: ReadonlySet<string>,
  limits: SortedSetLimits,
): Outcome => {
  const old = set.score(member)
  if (old === undefined) {
    if (options.has('XX')) return { type: 'skipped' }
    set.set(member, score, limits)
    return { type: 'added', score }
  }
  if (options.has('NX')) return { type: 'skipped' }
  const wanted = options.has('INCR') ? old + score : score
  if (Number.isNaN(wanted)) return { type: 'notANumber' }
  if ((options.has('LT') && wanted >= old) || (options.has('GT') && wanted <= old)) return { type: 'skipped' }
  if (wanted === old) return { type: 'unchanged', score: wanted }
  set.set(member, wanted, limits)
  return { type: 'updated', score: wanted }
}

/** Adds members as ZADD does, and answers like it. @throws WireError */
export const addToSortedSet = (
  context: CommandContext,
  key: string,
  { options, scores, members }: AddArguments,
): Reply => {
  const stored = context.db.getSortedSet(key)
  const increments = options.has('INCR')
  if (!stored && options.has('XX')) return increments ? null : 0
  const set = stored ?? new SortedSetValue()
  const limits = sortedSetLimits(context.server.config)
  let added = 0
  let updated = 0
  let last: Outcome = { type: 'skipped' }
  for (let i = 0; i < members.length; i++) {
    last = addMember(set, argument(members, i), scores[i] ?? 0, options, limits)
    if (last.type === 'added') added++
    else if (last.type === 'updated') updated++
  }
  if (!stored && set.size > 0) context.db.set(key, set)
  if (added + updated > 0) context.db.changed(key, increments ? 'zincr' : 'zadd')
  if (last.type === 'notANumber') throw NOT_A_NUMBER
  if (increments) return 'score' in last ? new DoubleReply(last.score) : null
  return options.has('CH') ? added + updated : added
}

export const zadd = defineCommand({
  name: 'zadd',
  arity: -4,
  flags: ['write', 'denyoom', 'fast'],
  keySpecs: [keyRange(['RW', 'update'], 1)],
  categories: ['sortedset'],
  group: 'sorted-set',
  since: '1.2.0',
  complexity: 'O(log N) for each member',
  summary: 'Adds members to a sorted set or changes their scores',
  arguments: [
    { name: 'key', type: 'key', keySpecIndex: 0 },
    {
      name: 'condition',
      type: 'oneof',
      optional: true,
      since: '3.0.2',
      arguments: [
        { name: 'nx', type: 'pure-token', token: 'NX' },
        { name: 'xx', type: 'pure-token', token: 'XX' },
      ],
    },
    {
      name: 'comparison',
      type: 'oneof',
      optional: true,
      since: '6.2.0',
      arguments: [
        { name: 'gt', type: 'pure-token', token: 'GT' },
        { name: 'lt', type: 'pure-token', token: 'LT' },
      ],
    },
    { name: 'change', type: 'pure-token', token: 'CH', optional: true, since: '3.0.2' },
    { name: 'increment', type: 'pure-token', token: 'INCR', optional: true, since: '3.0.2' },
    {
      name: 'score_member',
      type: 'block',
      multiple: true,
      arguments: [
        { name: 'score', type: 'double' },
        { name: 'member', type: 'string' },
      ],
    },
  ],
  run: (context, argv) => addToSortedSet(context, argument(argv, 1), readAdd(argv)),
})

const INCREMENT: ReadonlySet<string> = new Set(['INCR'])

export const zincrby = defineCommand({
  name: 'zincrby',
  arity: 4,
  flags: ['write', 'denyoom', 'fast'],
  keySpecs: [keyRange(['RW', 'access', 'update'], 1)],
  categories: ['sortedset'],
  group: 'sorted-set',
  since: '1.2.0',
  complexity: 'O(log N)',
  summary: 'Adds a number to the score of a member',
  arguments: [
    { name: 'key', type: 'key', keySpecIndex: 0 },
    { name: 'increment', type: 'integer' },
    { name: 'member', type: 'string' },
  ],
  run(context, argv) {
    const scores = [doubleArgument(argument(argv, 2))]
    return addToSortedSet(context, argument(argv, 1), { options: INCREMENT, scores, members: [argument(argv, 3)] })
  },
})

export const zrem = defineCommand({
  name: 'zrem',
  arity: -3,
  flags: ['write', 'fast'],
  keySpecs: [keyRange(['RW', 'delete'], 1)],
  categories: ['sortedset'],
  group: 'sorted-set',
  since: '1.2.0',
  complexity: 'O(M*log N) with M members',
  summary: 'Removes members of a sorted set',
  arguments: [
    { name: 'key', type: 'key', keySpecIndex: 0 },
    { name: 'member', type: 'string', multiple: true },
  ],
  run(context, argv) {
    const key = argument(argv, 1)
    const set = context.db.getSortedSet(key)
    if (!set) return 0
    let removed = 0
    for (let i = 2; i < argv.length && set.size > 0; i++) if (set.delete(argument(argv, i))) removed++
    if (removed > 0) {
      context.db.changed(key, 'zrem')
      context.db.removeIfEmpty(key, set)
    }
    return removed
  },
})
