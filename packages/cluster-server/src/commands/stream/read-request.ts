import { LAST_ID, type StreamId } from '../../keyspace/stream-id.js'
import type { StreamValue } from '../../keyspace/stream-value.js'
import type { StoredValue } from '../../keyspace/value.js'
import { SYNTAX_ERROR, WRONG_TYPE, wireError } from '../../wire-errors.js'
import { argument, integerArgument, optionAt, untilNul } from '../arguments.js'
import type { KeyReference, KeySpec } from '../command.js'
import type { CommandContext } from '../context.js'
import { waitUntilMilliseconds } from '../timeout-argument.js'
import { idArgument } from './id-arguments.js'

const UNBALANCED = wireError(
  "ERR Unbalanced XREAD list of streams: for each stream key an ID or '$' must be specified.",
)
const NO_GROUPS = 'option is only supported by XREADGROUP. You called XREAD instead.'
const GROUP_IN_XREAD = wireError(`ERR The GROUP ${NO_GROUPS}`)
const NOACK_IN_XREAD = wireError(`ERR The NOACK ${NO_GROUPS}`)
const NO_GROUP = wireError('ERR Missing GROUP option for XREADGROUP')
const DOLLAR_IN_XREADGROUP = wireError(
  'ERR The $ ID is meaningless in the context of XREADGROUP: you want to read the history of this consumer by specifying a proper ID, or use the > ID to get new messages. The $ ID would just return an empty result set.',
)
const NEW_IN_XREAD = wireError(
  'ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> <consumer> option.',
)

/** Who reads in XREADGROUP. */
export interface Reader {
  readonly group: string
  readonly consumer: string
  /** NOACK: what is delivered is not pending. */
  readonly acknowledges: boolean
}

/** One stream to read. */
export interface Source {
  readonly key: string
  /** Entries after it are wanted; `NEW_ENTRIES` are those that the group has not delivered. */
  readonly after: StreamId
}

/** What XREAD or XREADGROUP ask for. */
export interface ReadRequest {
  readonly sources: readonly Source[]
  /** Null in XREAD. */
  readonly reader: Reader | null
  /** 0: no limit. */
  readonly count: number
  /** Unix time in milliseconds, `Infinity` for ever; null without BLOCK. */
  readonly untilMs: number | null
}

/** The id `>`: as in Redis, the last id there can be means the same. */
export const NEW_ENTRIES = LAST_ID

interface Options {
  readonly streamsAt: number
  readonly reader: Reader | null
  readonly count: number
  readonly untilMs: number | null
}

/** A script has no connection of its own. */
const isScript = ({ client }: CommandContext): boolean => client.link === null && !client.isReplicationStream

const readOptions = (context: CommandContext, argv: readonly string[], forGroup: boolean): Options => {
  let reader: Reader | null = null
  let acknowledges = true
  let count = 0
  let untilMs: number | null = null
  let streamsAt = 0
  for (let i = 1; i < argv.length && streamsAt === 0; i++) {
    const more = argv.length - i - 1
    const option = optionAt(argv, i)
    if (option === 'BLOCK' && more > 0) {
      if (isScript(context)) throw wireError(`ERR ${argv[0]} command is not allowed with BLOCK option from scripts`)
      untilMs = waitUntilMilliseconds(argument(argv, ++i), context.nowMs)
    } else if (option === 'COUNT' && more > 0) count = Math.max(0, integerArgument(argument(argv, ++i)))
    else if (option === 'STREAMS' && more > 0) {
      if (more % 2 !== 0) throw UNBALANCED
      streamsAt = i + 1
    } else if (option === 'GROUP' && more >= 2) {
      if (!forGroup) throw GROUP_IN_XREAD
      reader = { group: argument(argv, i + 1), consumer: argument(argv, i + 2), acknowledges: true }
      i += 2
    } else if (option === 'NOACK') {
      if (!forGroup) throw NOACK_IN_XREAD
      acknowledges = false
    } else throw SYNTAX_ERROR
  }
  if (streamsAt === 0) throw SYNTAX_ERROR
  if (forGroup && reader === null) throw NO_GROUP
  return { streamsAt, reader: reader && { ...reader, acknowledges }, count, untilMs }
}

const afterOf = (text: string, stream: StreamValue | undefined, forGroup: boolean): StreamId => {
  const written = untilNul(text)
  if (written === '$') {
    if (forGroup) throw DOLLAR_IN_XREADGROUP
    return stream?.lastId ?? { ms: 0, seq: 0 }
  }
  if (written === '>') {
    if (!forGroup) throw NEW_IN_XREAD
    return NEW_ENTRIES
  }
  return idArgument(text)
}

/** A value that must be a stream, if there is one. @throws WRONG_TYPE */
export const streamOf = (value: StoredValue | undefined): StreamValue | undefined => {
  if (value === undefined) return undefined
  if (typeof value === 'string' || value.type !== 'stream') throw WRONG_TYPE
  return value
}

/** The stream at `key`, looked up for reading. @throws WRONG_TYPE */
export const streamToRead = (context: CommandContext, key: string): StreamValue | undefined =>
  streamOf(context.db.getCounted(key))

/** Reads the words of XREAD or XREADGROUP. With groups, every key and its group exist. @throws WireError */
export const readRequest = (context: CommandContext, argv: readonly string[], forGroup: boolean): ReadRequest => {
  const { streamsAt, reader, count, untilMs } = readOptions(context, argv, forGroup)
  const streams = (argv.length - streamsAt) / 2
  const sources: Source[] = []
  for (let at = streamsAt; at < streamsAt + streams; at++) {
    const key = argument(argv, at)
    const stream = streamToRead(context, key)
    if (reader !== null && stream?.group(reader.group) === undefined) {
      throw wireError(
        `NOGROUP No such key '${untilNul(key)}' or consumer group '${untilNul(reader.group)}' in XREADGROUP with GROUP option`,
      )
    }
    sources.push({ key, after: afterOf(argument(argv, at + streams), stream, forGroup) })
  }
  return { sources, reader, count, untilMs }
}

const OPTION_WORDS: Readonly<Record<string, number>> = { BLOCK: 1, COUNT: 1, GROUP: 2, NOACK: 0 }

/** The keys of XREAD and XREADGROUP: `STREAMS` can be the name of a group or of a stream, too. */
export const keysToRead = (argv: readonly string[], flags: KeySpec['flags']): readonly KeyReference[] => {
  let at = 1
  for (let words = 0; at < argv.length && optionAt(argv, at) !== 'STREAMS'; at += 1 + words) {
    const known = Object.hasOwn(OPTION_WORDS, optionAt(argv, at)) ? OPTION_WORDS[optionAt(argv, at)] : undefined
    if (known === undefined) return []
    words = known
  }
  const words = argv.length - at - 1
  if (words <= 0 || words % 2 !== 0) return []
  return Array.from({ length: words / 2 }, (_, index) => ({ index: at + 1 + index, flags }))
}
