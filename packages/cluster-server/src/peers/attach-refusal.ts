import type { ClientState } from '../commands/context.js'
import { type WireError, wireError } from '../wire-errors.js'
import type { ReplicaIntroduction } from './replica-introduction.js'

const PENDING_OUTPUT = wireError('ERR SYNC and PSYNC are invalid with pending output')
const FILTER_NEEDS_MARK = wireError('ERR Filtered replica requires EOF capability')
const NO_PRIMARY_LINK = wireError("NOMASTERLINK Can't SYNC while not connected with my master")
const FAILING_OVER = wireError("NOMASTERLINK Can't SYNC while failing over")

/** Where a node stands that is asked for its stream. */
export interface AskedNode {
  readonly isFailingOver: boolean
  /** A replica that has no link to its primary. */
  readonly isCutOff: boolean
}

/** Why a client cannot become a replica now; null when it can. Source: `syncCommand` of Redis 7.0.15. */
export const attachRefusal = (
  { isFailingOver, isCutOff }: AskedNode,
  client: ClientState,
  { contents, readsMark }: ReplicaIntroduction,
): WireError | null => {
  if (isFailingOver) return FAILING_OVER
  // Nodes that follow each other, or themselves, would hand each other an empty copy.
  if (isCutOff) return NO_PRIMARY_LINK
  if (client.link === null || client.outputBytes > 0) return PENDING_OUTPUT
  return contents !== 'everything' && !readsMark ? FILTER_NEEDS_MARK : null
}
