import { SYNTAX_ERROR, type WireError, wireError } from '../../wire-errors.js'
import { argument, int64Argument } from '../arguments.js'

const LARGEST = 9223372036854775807n

/** What a command does to the deadline of the key that it writes or reads. */
export type ExpiryChange =
  | { readonly type: 'none' }
  | { readonly type: 'keep' }
  | { readonly type: 'persist' }
  | { readonly type: 'at'; readonly option: ExpiryOption; readonly value: string }

/** `EX` and `PX` are relative, `EXAT` and `PXAT` absolute; those with `P` are in milliseconds, the others in seconds. */
export type ExpiryOption = 'EX' | 'PX' | 'EXAT' | 'PXAT'

export const isExpiryOption = (word: string): word is ExpiryOption =>
  word === 'EX' || word === 'PX' || word === 'EXAT' || word === 'PXAT'

/** Reads an expiry option at `index` after what was read before. @throws SYNTAX_ERROR when the two exclude each other */
export const readExpiryOption = (
  argv: readonly string[],
  index: number,
  option: ExpiryOption,
  before: ExpiryChange,
): ExpiryChange => {
  if (before.type === 'keep' || before.type === 'persist' || index + 1 >= argv.length) throw SYNTAX_ERROR
  if (before.type === 'at' && before.option !== option) throw SYNTAX_ERROR
  return { type: 'at', option, value: argument(argv, index + 1) }
}

/** The deadline in Unix milliseconds. @throws WireError when it is no integer, not positive, or overflows 64 bits */
export const deadlineOf = (option: ExpiryOption, text: string, nowMs: number, command: string): number => {
  const invalid = (): WireError => wireError(`ERR invalid expire time in '${command}' command`)
  let milliseconds = BigInt(int64Argument(text))
  if (milliseconds <= 0n) throw invalid()
  if (option === 'EX' || option === 'EXAT') milliseconds *= 1000n
  if (milliseconds > LARGEST) throw invalid()
  if (option === 'EX' || option === 'PX') milliseconds += BigInt(nowMs)
  if (milliseconds > LARGEST) throw invalid()
  return Number(milliseconds)
}
