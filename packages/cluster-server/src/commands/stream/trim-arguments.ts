import { idText, LAST_ID } from '../../keyspace/stream-id.js'
import type { StreamTrim, StreamValue } from '../../keyspace/stream-value.js'
import { SYNTAX_ERROR, wireError } from '../../wire-errors.js'
import { argument, integerArgument, optionAt, untilNul } from '../arguments.js'
import type { CommandContext } from '../context.js'
import { idArgument, type NewId, newIdArgument } from './id-arguments.js'

const TWO_STRATEGIES = wireError('ERR syntax error, MAXLEN and MINID options at the same time are not compatible')
const NEGATIVE_LENGTH = wireError('ERR The MAXLEN argument must be >= 0.')
const NEGATIVE_LIMIT = wireError('ERR The LIMIT argument must be >= 0.')
const LIMIT_ALONE = wireError('ERR syntax error, LIMIT cannot be used without specifying a trimming strategy')
const LIMIT_WITHOUT_TILDE = wireError('ERR syntax error, LIMIT cannot be used without the special ~ option')
const NO_STRATEGY = wireError('ERR syntax error, XTRIM must be called with a trimming strategy')
/** What a trim with `~` removes at most, where nodes have no limit of entries. */
const DEFAULT_LIMIT = 10000
const LARGEST_DEFAULT_LIMIT = 1000000

/** Which trim a command asks for, and where its threshold stands. */
export interface TrimArguments extends StreamTrim {
  readonly thresholdAt: number
}

/** The words of XADD and XTRIM in front of the entry. */
export interface AddOrTrimArguments {
  readonly trim: TrimArguments | null
  /** Where the id of the entry stands; behind the end when it is missing. */
  readonly idAt: number
  /** Null for `*`, and for XTRIM. */
  readonly newId: NewId | null
  readonly makesStream: boolean
}

type Threshold = Pick<TrimArguments, 'keep' | 'approximate' | 'thresholdAt'>

const readThreshold = (argv: readonly string[], optionIndex: number, byId: boolean): Threshold => {
  const sign = optionIndex + 2 < argv.length ? untilNul(argument(argv, optionIndex + 1)) : ''
  const thresholdAt = sign === '~' || sign === '=' ? optionIndex + 2 : optionIndex + 1
  const text = argument(argv, thresholdAt)
  return {
    keep: byId ? { from: idArgument(text) } : { length: lengthOf(text) },
    approximate: sign === '~',
    thresholdAt,
  }
}

const lengthOf = (text: string): number => {
  const length = integerArgument(text)
  if (length < 0) throw NEGATIVE_LENGTH
  return length
}

const limitOf = (text: string): number => {
  const limit = integerArgument(text)
  if (limit < 0) throw NEGATIVE_LIMIT
  return limit
}

/** The most that a trim removes. What a primary sends was limited there. @throws LIMIT_WITHOUT_TILDE */
const effectiveLimit = ({ client, server }: CommandContext, given: number | null, approximate: boolean): number => {
  if (client.isReplicationStream) return 0
  if (given !== null) {
    if (!approximate) throw LIMIT_WITHOUT_TILDE
    return given
  }
  if (!approximate) return 0
  const limit = 100 * server.config.number('stream-node-max-entries')
  return limit <= 0 ? DEFAULT_LIMIT : Math.min(limit, LARGEST_DEFAULT_LIMIT)
}

/** Reads the options of XADD, up to the id, or of XTRIM. @throws WireError */
export const addOrTrimArguments = (
  context: CommandContext,
  argv: readonly string[],
  isAdd: boolean,
): AddOrTrimArguments => {
  let threshold: Threshold | null = null
  let limit: number | null = null
  let makesStream = true
  let newId: NewId | null = null
  let at = 2
  for (; at < argv.length; at++) {
    const hasMore = at + 1 < argv.length
    const option = optionAt(argv, at)
    if (isAdd && untilNul(option) === '*') break
    if ((option === 'MAXLEN' || option === 'MINID') && hasMore) {
      if (threshold !== null) throw TWO_STRATEGIES
      threshold = readThreshold(argv, at, option === 'MINID')
      at = threshold.thresholdAt
    } else if (option === 'LIMIT' && hasMore) limit = limitOf(argument(argv, ++at))
    else if (!isAdd) throw SYNTAX_ERROR
    else if (option === 'NOMKSTREAM') makesStream = false
    else {
      newId = newIdArgument(argument(argv, at))
      break
    }
  }
  if (threshold === null && limit) throw LIMIT_ALONE
  if (threshold === null && !isAdd) throw NO_STRATEGY
  const effective = effectiveLimit(context, limit, threshold?.approximate ?? false)
  return { trim: threshold && { ...threshold, limit: effective }, idAt: at, newId, makesStream }
}

/** What replicas get in place of `~` and its threshold, so that they remove the same: what is left after the trim. */
export const exactThreshold = (stream: StreamValue, { keep }: StreamTrim): string =>
  'length' in keep ? String(stream.size) : idText(stream.firstKeptId() ?? LAST_ID)
