import { wireError } from '../wire-errors.js'
import { integerArgument } from './arguments.js'

const NOT_POSITIVE = wireError('ERR value is out of range, must be positive')

/** The count of LPOP, SPOP and their like: 0 or more. @throws WireError */
export const countArgument = (text: string): number => {
  const count = integerArgument(text, NOT_POSITIVE)
  if (count < 0) throw NOT_POSITIVE
  return count
}
