import { SYNTAX_ERROR, type WireError, wireError } from '../../wire-errors.js'
import { argument, integerArgument, optionAt } from '../arguments.js'
import type { ClientTracking, TrackingRequest } from '../tracking-state.js'

// Texts: networking.c and tracking.c of Redis 7.0.15.
const ONE_REDIRECTION = wireError('ERR A client can only redirect to a single other client')
const NO_SUCH_CLIENT = wireError('ERR The client ID you want redirect to does not exist')
const PREFIX_WITHOUT_BCAST = wireError('ERR PREFIX option requires BCAST mode to be enabled')
const BCAST_SWITCHED = wireError(
  "ERR You can't switch BCAST mode on/off before disabling tracking for this client, and then re-enabling it with a different mode.",
)
const BCAST_WITH_OPTING = wireError('ERR OPTIN and OPTOUT are not compatible with BCAST')
const BOTH_OPTINGS = wireError("ERR You can't specify both OPTIN mode and OPTOUT mode")
const OPTING_SWITCHED = wireError(
  "ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, and then re-enabling it with a different mode.",
)

/** The words of CLIENT TRACKING, before they are compared with what is in force. */
export interface ReadTrackingRequest extends TrackingRequest {
  /** OPTIN and OPTOUT were given both; `mode` is one of them. */
  readonly hasBothModes: boolean
}

/** Reads the options of CLIENT TRACKING from the fourth word on. @throws WireError */
export const readTrackingRequest = (
  argv: readonly string[],
  isConnected: (id: number) => boolean,
): ReadTrackingRequest => {
  const prefixes: string[] = []
  const words = new Set<string>()
  let redirectTo = 0
  for (let i = 3; i < argv.length; i++) {
    const word = optionAt(argv, i)
    const hasMore = i + 1 < argv.length
    if (word === 'REDIRECT' && hasMore) {
      if (redirectTo !== 0) throw ONE_REDIRECTION
      redirectTo = integerArgument(argument(argv, ++i))
      if (!isConnected(redirectTo)) throw NO_SUCH_CLIENT
    } else if (word === 'PREFIX' && hasMore) prefixes.push(argument(argv, ++i))
    else if (word === 'BCAST' || word === 'OPTIN' || word === 'OPTOUT' || word === 'NOLOOP') words.add(word)
    else throw SYNTAX_ERROR
  }
  return {
    redirectTo,
    prefixes,
    broadcasts: words.has('BCAST'),
    mode: words.has('OPTIN') ? 'optIn' : words.has('OPTOUT') ? 'optOut' : 'all',
    skipsOwnChanges: words.has('NOLOOP'),
    hasBothModes: words.has('OPTIN') && words.has('OPTOUT'),
  }
}

/** Compares a request to turn tracking on with itself and with what is in force. @throws WireError */
export const checkTrackingRequest = (request: ReadTrackingRequest, current: ClientTracking | null): void => {
  const { broadcasts, mode, prefixes, hasBothModes } = request
  if (!broadcasts && prefixes.length > 0) throw PREFIX_WITHOUT_BCAST
  if (current !== null && current.broadcasts !== broadcasts) throw BCAST_SWITCHED
  if (broadcasts && mode !== 'all') throw BCAST_WITH_OPTING
  if (hasBothModes) throw BOTH_OPTINGS
  const isSwitched = mode !== 'all' && current !== null && current.mode !== 'all' && current.mode !== mode
  if (isSwitched) throw OPTING_SWITCHED
  if (broadcasts) checkPrefixes(prefixes, [...(current?.prefixes ?? [])].sort())
}

/**
 * A key must not be told of twice. Redis 7.0.15 goes on and answers OK as well when two new prefixes overlap of which the
 * first is not the very first, so that the client has one answer too many; here it is refused like any other.
 */
const checkPrefixes = (wanted: readonly string[], existing: readonly string[]): void => {
  wanted.forEach((prefix, index) => {
    for (const other of existing) if (overlaps(prefix, other)) throw overlap(prefix, `an existing prefix '${other}'`)
    for (const other of wanted.slice(index + 1)) {
      if (overlaps(prefix, other)) throw overlap(prefix, `another provided prefix '${other}'`)
    }
  })
}

const overlaps = (one: string, other: string): boolean => one.startsWith(other) || other.startsWith(one)

const overlap = (prefix: string, other: string): WireError =>
  wireError(`ERR Prefix '${prefix}' overlaps with ${other}. Prefixes for a single client must not overlap.`)
