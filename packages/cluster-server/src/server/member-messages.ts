import type { TopologyData } from '../cluster/create-topology.js'
import type { MemberOptions } from './member.js'
import type { ListeningAddress } from './node-options.js'

/** What a launcher asks of a node in another thread or process. */
export type MemberCall =
  | { readonly type: 'start'; readonly options: MemberOptions }
  | { readonly type: 'topology'; readonly data: TopologyData }
  | { readonly type: 'awaitSync' }
  | { readonly type: 'close' }

/** A call on its way; the answer carries the same `callId`. */
export interface MemberRequest {
  readonly callId: number
  readonly call: MemberCall
}

/** What the node answers. */
export interface MemberResponse {
  readonly callId: number
  readonly outcome:
    | { readonly type: 'done'; readonly address: ListeningAddress | null }
    | { readonly type: 'failed'; readonly message: string }
}
