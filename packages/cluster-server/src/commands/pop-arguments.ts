import { SYNTAX_ERROR, wireError } from '../wire-errors.js'
import { argument, boundedArgument, optionAt } from './arguments.js'

const NO_KEYS = wireError('ERR numkeys should be greater than 0')
const NO_COUNT = wireError('ERR count should be greater than 0')

/** The arguments of LMPOP, ZMPOP and their blocking forms. */
export interface PopArguments<End> {
  readonly keys: readonly string[]
  readonly end: End
  readonly count: number
}

/** Reads them from the number of keys on; `readEnd` reads the word behind the keys. @throws WireError */
export const popArguments = <End>(
  argv: readonly string[],
  countIndex: number,
  readEnd: (word: string) => End,
): PopArguments<End> => {
  const keyCount = boundedArgument(argument(argv, countIndex), 1, Infinity, NO_KEYS)
  const endIndex = countIndex + keyCount + 1
  if (endIndex >= argv.length) throw SYNTAX_ERROR
  const end = readEnd(argument(argv, endIndex))
  let count: number | undefined
  for (let i = endIndex + 1; i < argv.length; i += 2) {
    if (count !== undefined || optionAt(argv, i) !== 'COUNT' || i + 1 >= argv.length) throw SYNTAX_ERROR
    count = boundedArgument(argument(argv, i + 1), 1, Infinity, NO_COUNT)
  }
  return { keys: argv.slice(countIndex + 1, endIndex), end, count: count ?? 1 }
}
