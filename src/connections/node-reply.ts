/**
 * How one command sent to one node ended.
 *
 * - `value`: the server's answer.
 * - `error`: the server's refusal, in its own words; it has the first word as code.
 * - `notSent`: no socket; the command never left.
 * - `lost`: the socket died between the command and its answer; it may or may not have run.
 */
export type NodeReply =
  | { readonly type: 'value'; readonly value: unknown }
  | { readonly type: 'error'; readonly message: string; readonly cause: Error }
  | { readonly type: 'notSent'; readonly cause: Error }
  | { readonly type: 'lost'; readonly cause: Error }

/** Why a node that was sent PING counts as out of reach; null when it answered, be it that the user may not use PING. */
export const unreachableReason = (reply: NodeReply): Error | null => {
  if (reply.type === 'value') return null
  if (reply.type === 'error' && reply.message.startsWith('NOPERM ')) return null
  return reply.cause
}

/**
 * What to do about a reply.
 *
 * - `moved`, `ask`: another node answers; `address` is as announced, '' host for the node that said so.
 * - `wait`: refused without having run, for a reason that passes; `refresh` when another node may have taken over.
 * - `sendSource`: the script is unknown there.
 * - `fail`: final.
 */
export type ReplyDecision =
  | { readonly type: 'done'; readonly value: unknown }
  | { readonly type: 'moved'; readonly slot: number; readonly address: string }
  | { readonly type: 'ask'; readonly slot: number; readonly address: string }
  | { readonly type: 'wait'; readonly refresh: boolean }
  | { readonly type: 'sendSource' }
  | { readonly type: 'fail' }

/** Replies decide alone; nothing is remembered. `repeatable`: the request may run twice. */
export function decide(reply: NodeReply, repeatable: boolean): ReplyDecision {
  switch (reply.type) {
    case 'value':
      return { type: 'done', value: reply.value }
    case 'notSent':
      return { type: 'wait', refresh: true }
    case 'lost':
      return repeatable ? { type: 'wait', refresh: true } : { type: 'fail' }
    case 'error':
      return decideError(reply.message)
    default:
      return reply satisfies never
  }
}

// https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/#redirection-and-resharding
function decideError(message: string): ReplyDecision {
  const [code = '', slot = '', address = ''] = message.split(' ')
  switch (code) {
    case 'MOVED':
      return { type: 'moved', slot: Number(slot), address }
    case 'ASK':
      return { type: 'ask', slot: Number(slot), address }
    case 'NOSCRIPT':
      return { type: 'sendSource' }
    // Keys of one request are on both sides of a migration.
    case 'TRYAGAIN':
      return { type: 'wait', refresh: false }
    // READONLY: a primary was demoted, and nothing was written.
    case 'LOADING':
    case 'CLUSTERDOWN':
    case 'MASTERDOWN':
    case 'READONLY':
      return { type: 'wait', refresh: true }
    default:
      return { type: 'fail' }
  }
}
