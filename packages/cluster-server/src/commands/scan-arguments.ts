import { matchesGlob } from '../glob.js'
import type { Reply } from '../resp/reply.js'
import { SYNTAX_ERROR, wireError } from '../wire-errors.js'
import { argument, integerArgument, optionAt } from './arguments.js'

const INVALID_CURSOR = wireError('ERR invalid cursor')
const DEFAULT_COUNT = 10

/** `MATCH` and `COUNT` of a scan over the members of one key. */
export interface ScanOptions {
  readonly count: number
  readonly matches: (name: string) => boolean
}

/** The reply to a scan of a key that does not exist. */
export const EMPTY_SCAN: Reply = ['0', []]

const LARGEST_CURSOR = 18446744073709551615n

/** A cursor as C's `strtoul` reads it; a negative one wraps, and so means the very end. @throws INVALID_CURSOR */
export const scanCursor = (text: string): number => {
  const [, sign, digits = ''] = /^(?:([+-]?)0*(\d+))?$/.exec(text) ?? []
  if (text !== '' && (digits === '' || digits.length > 20 || BigInt(digits) > LARGEST_CURSOR)) throw INVALID_CURSOR
  const cursor = Number(digits)
  return sign === '-' && cursor > 0 ? Number.MAX_SAFE_INTEGER : cursor
}

/** Reads the options of HSCAN, SSCAN and ZSCAN. @throws WireError */
export const scanOptions = (argv: readonly string[]): ScanOptions => {
  let count = DEFAULT_COUNT
  let pattern: string | undefined
  for (let i = 3; i < argv.length; i += 2) {
    const word = optionAt(argv, i)
    if (i + 1 >= argv.length) throw SYNTAX_ERROR
    if (word === 'COUNT') {
      count = integerArgument(argument(argv, i + 1))
      if (count < 1) throw SYNTAX_ERROR
    } else if (word === 'MATCH') pattern = argument(argv, i + 1)
    else throw SYNTAX_ERROR
  }
  const wanted = pattern
  if (wanted === undefined || wanted === '*') return { count, matches: () => true }
  return { count, matches: (name) => matchesGlob(wanted, name) }
}
