import type { MemberAddress, MemberOptions } from './member.js'

/** What a launcher asks of a node in another thread or process. */
export type MemberCall =
  | { readonly type: 'start'; readonly options: MemberOptions }
  | { readonly type: 'join'; readonly nodesFile: string }
  | { readonly type: 'awaitJoined' }
  | { readonly type: 'reportFailure'; readonly nodeId: string }
  | { readonly type: 'close' }

/** What came of a call. */
export type MemberOutcome =
  | { readonly type: 'done'; readonly address: MemberAddress | null }
  | { readonly type: 'failed'; readonly message: string }

/** From the launcher to a node; a call is answered under the same `callId`. */
export interface MessageToMember {
  readonly callId: number
  readonly call: MemberCall
}

/** From a node to its launcher. */
export type MessageToLauncher =
  | { readonly type: 'outcome'; readonly callId: number; readonly outcome: MemberOutcome }
  /** What the node knows of the cluster, in the form of nodes.conf. */
  | { readonly type: 'view'; readonly nodesFile: string }
