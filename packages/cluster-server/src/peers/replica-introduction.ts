import { parseInt64 } from '../int64.js'
import { splitInlineCommand } from '../resp/inline-command.js'
import { ProtocolError } from '../resp/protocol-error.js'
import { NOT_AN_INTEGER, type WireError, wireError } from '../wire-errors.js'
import type { CopyContents } from './replication-host.js'

/** What a replica says of itself with REPLCONF, before it asks for the stream. */
export interface ReplicaIntroduction {
  /** The port on which it listens. */
  readonly port: number
  /** Empty: the address from which it connected. */
  readonly host: string
  /** It takes a copy that ends with a mark. */
  readonly readsMark: boolean
  /** It is told when the history has got another id. */
  readonly knowsIds: boolean
  /** It wants the copy and no stream. */
  readonly onlyCopy: boolean
  readonly contents: CopyContents
}

export const STRANGER: ReplicaIntroduction = {
  port: 0,
  host: '',
  readsMark: false,
  knowsIds: false,
  onlyCopy: false,
  contents: 'everything',
}

/** What an option makes of an introduction. `refusal` is the answer, when it was not understood as a whole. */
export interface IntroductionStep {
  readonly known: ReplicaIntroduction
  readonly refusal: WireError | null
}

/** Source: `NET_HOST_STR_LEN` of Redis, less its closing zero. */
const LONGEST_HOST = 255
const OUT_OF_BOUNDS = wireError('ERR value is out of range, value must between 0 and 1')
const MISSING_FILTERS = wireError('ERR Missing rdb-filter-only values')

/** One option of REPLCONF, named in any case. */
export const introduce = (known: ReplicaIntroduction, option: string, value: string): IntroductionStep => {
  const refused = (refusal: WireError): IntroductionStep => ({ known, refusal })
  const understood = (news: Partial<ReplicaIntroduction>): IntroductionStep => ({
    known: { ...known, ...news },
    refusal: null,
  })
  switch (option.toLowerCase()) {
    case 'listening-port':
      return parseInt64(value) === undefined ? refused(NOT_AN_INTEGER) : understood({ port: Number(value) })
    case 'ip-address':
      return value.length <= LONGEST_HOST
        ? understood({ host: value })
        : refused(wireError(`ERR REPLCONF ip-address provided by replica instance is too long: ${value.length} bytes`))
    case 'capa':
      // As in Redis, capabilities that are not known are passed over.
      if (value.toLowerCase() === 'eof') return understood({ readsMark: true })
      return understood(value.toLowerCase() === 'psync2' ? { knowsIds: true } : {})
    case 'rdb-only':
      if (parseInt64(value) === undefined) return refused(NOT_AN_INTEGER)
      return value === '0' || value === '1' ? understood({ onlyCopy: value === '1' }) : refused(OUT_OF_BOUNDS)
    case 'rdb-filter-only':
      return filterCopy(known, value)
    default:
      return refused(wireError(`ERR Unrecognized REPLCONF option: ${option}`))
  }
}

/** As in Redis, what was understood before a word that is not understood holds. */
const filterCopy = (known: ReplicaIntroduction, text: string): IntroductionStep => {
  const words = filterWords(text)
  if (words === null) return { known, refusal: MISSING_FILTERS }
  let contents: CopyContents = 'nothing'
  let refused: string | undefined
  for (const word of words) {
    if (word.toLowerCase() === 'functions') contents = 'functions'
    else refused ??= word
  }
  const refusal = refused === undefined ? null : wireError(`ERR Unsupported rdb-filter-only option: ${refused}`)
  return { known: { ...known, contents }, refusal }
}

/** Null when a quotation mark is out of place. */
const filterWords = (text: string): readonly string[] | null => {
  try {
    return splitInlineCommand(text)
  } catch (error) {
    if (error instanceof ProtocolError) return null
    throw error
  }
}
