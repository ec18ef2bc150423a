import { wireError } from '../../wire-errors.js'
import { argument } from '../arguments.js'

const WITH_NX = wireError('ERR NX and XX, GT or LT options at the same time are not compatible')
const GT_AND_LT = wireError('ERR GT and LT options at the same time are not compatible')

/** When a new deadline replaces the old one. */
export interface ExpiryCondition {
  readonly onlyWithout: boolean
  readonly onlyWith: boolean
  readonly onlyLater: boolean
  readonly onlyEarlier: boolean
}

/** Reads `NX`, `XX`, `GT` and `LT` from the fourth word on. @throws WireError */
export const readExpiryCondition = (argv: readonly string[]): ExpiryCondition => {
  const words = new Set<string>()
  for (let i = 3; i < argv.length; i++) {
    const word = argument(argv, i).toUpperCase()
    if (!['NX', 'XX', 'GT', 'LT'].includes(word)) throw wireError(`ERR Unsupported option ${argument(argv, i)}`)
    words.add(word)
  }
  if (words.has('NX') && words.size > 1) throw WITH_NX
  if (words.has('GT') && words.has('LT')) throw GT_AND_LT
  return {
    onlyWithout: words.has('NX'),
    onlyWith: words.has('XX'),
    onlyLater: words.has('GT'),
    onlyEarlier: words.has('LT'),
  }
}

/** Whether a deadline may be set on a key; a key without one counts as one that never expires. */
export const permits = (condition: ExpiryCondition, current: number | undefined, wanted: number): boolean => {
  if (condition.onlyWithout && current !== undefined) return false
  if (condition.onlyWith && current === undefined) return false
  if (condition.onlyLater && (current === undefined || wanted <= current)) return false
  return !(condition.onlyEarlier && current !== undefined && wanted >= current)
}
