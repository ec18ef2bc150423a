import { REPLY_TOO_LONG, wireError } from '../wire-errors.js'
import { int64Argument } from './arguments.js'

const LEAST = -9223372036854775808n
const BEYOND = wireError('ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807')
const TOO_MANY = wireError('ERR value is out of range')

/** More picks with repetition than this are refused: Redis streams such a reply, here it would have to fit in memory. */
const MOST_PICKS = 2n ** 24n

/**
 * The count of HRANDFIELD and its like: negative for a choice with repetition. `checkSyntax` runs between the two
 * checks of the count, as in Redis. @throws WireError
 */
export const randomCount = (text: string, inPairs: boolean, checkSyntax: () => void): number => {
  const count = BigInt(int64Argument(text))
  if (count === LEAST) throw BEYOND
  checkSyntax()
  if (inPairs && (count < LEAST / 2n || count > -LEAST / 2n - 1n)) throw TOO_MANY
  if (count < -MOST_PICKS) throw REPLY_TOO_LONG
  return Number(count)
}
