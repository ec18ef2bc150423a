import type { TopologyData } from '../cluster/create-topology.js'
import type { MemberOptions } from './member.js'
import type { ListeningAddress } from './node-options.js'

/** What a launcher asks of a node in another thread or process. */
export type MemberCall =
  | { readonly type: 'start'; readonly options: MemberOptions }
  | { readonly type: 'topology'; readonly data: TopologyData }
  | { readonly type: 'awaitSync' }
  | { readonly type: 'close' }

/** What came of a call. */
export type MemberOutcome =
  | { readonly type: 'done'; readonly address: ListeningAddress | null }
  | { readonly type: 'failed'; readonly message: string }

/** A message of PUBLISH on its way between nodes. */
export interface PublishMessage {
  readonly type: 'publish'
  readonly channel: string
  readonly message: string
}

/** From the launcher to a node; a call is answered under the same `callId`. */
export type MessageToMember =
  | { readonly type: 'call'; readonly callId: number; readonly call: MemberCall }
  | PublishMessage

/** From a node to its launcher. */
export type MessageToLauncher =
  | { readonly type: 'outcome'; readonly callId: number; readonly outcome: MemberOutcome }
  | PublishMessage
