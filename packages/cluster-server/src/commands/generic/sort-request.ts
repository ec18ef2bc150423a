import { SYNTAX_ERROR, wireError } from '../../wire-errors.js'
import { argument, integerArgument, optionAt } from '../arguments.js'

const BY_IN_CLUSTER = wireError('ERR BY option of SORT denied in Cluster mode.')
const BY_DENIED = wireError('ERR BY option of SORT denied due to insufficient ACL permissions.')
const GET_DENIED = wireError('ERR GET option of SORT denied due to insufficient ACL permissions.')
const GET_IN_CLUSTER = wireError('ERR GET option of SORT denied in Cluster mode.')

/** What SORT was asked for. */
export interface SortRequest {
  readonly key: string
  /** Pattern of the keys whose values decide the order; null: the elements themselves. Without a `*`: no order at all. */
  readonly by: string | null
  readonly gets: readonly string[]
  readonly offset: number
  /** -1: all. */
  readonly count: number
  readonly descending: boolean
  readonly alphabetic: boolean
  readonly store: string | null
}

/** Where STORE may stand in the words of SORT, and whether other keys may be read. */
export interface SortRules {
  readonly mayStore: boolean
  readonly isCluster: boolean
  /** Whether the user may read every key; asked for with BY and GET only. */
  readonly mayReadAllKeys: () => boolean
}

/** @throws WireError */
export const readSortRequest = (argv: readonly string[], rules: SortRules): SortRequest => {
  let by: string | null = null
  const gets: string[] = []
  let offset = 0
  let count = -1
  let descending = false
  let alphabetic = false
  let store: string | null = null
  for (let i = 2; i < argv.length; i++) {
    const left = argv.length - i - 1
    const option = optionAt(argv, i)
    if (option === 'ASC') descending = false
    else if (option === 'DESC') descending = true
    else if (option === 'ALPHA') alphabetic = true
    else if (option === 'LIMIT' && left >= 2) {
      offset = integerArgument(argument(argv, ++i))
      count = integerArgument(argument(argv, ++i))
    } else if (option === 'STORE' && left >= 1 && rules.mayStore) store = argument(argv, ++i)
    else if (option === 'BY' && left >= 1) {
      by = argument(argv, ++i)
      if (by.includes('*')) {
        if (rules.isCluster) throw BY_IN_CLUSTER
        if (!rules.mayReadAllKeys()) throw BY_DENIED
      }
    } else if (option === 'GET' && left >= 1) {
      if (rules.isCluster) throw GET_IN_CLUSTER
      if (!rules.mayReadAllKeys()) throw GET_DENIED
      gets.push(argument(argv, ++i))
    } else throw SYNTAX_ERROR
  }
  return { key: argument(argv, 1), by, gets, offset, count, descending, alphabetic, store }
}
