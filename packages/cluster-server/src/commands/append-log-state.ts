/** How BGREWRITEAOF begins, or why it does not. */
export type RewriteStart = 'started' | 'scheduled' | 'inProgress' | 'failed'

/** What the handlers see of the append-only file of a node. */
export interface AppendLogState {
  /** It is being rewritten in the background. */
  readonly isRewriting: boolean
  /** Writes the data as they are now to a new file. `isDeferred`: not before the running transaction has ended. */
  rewrite(isDeferred: boolean): RewriteStart
}
