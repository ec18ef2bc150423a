import type { RecordKey } from '../repository.js'

/**
 * A claim says which record may have certain values. It lies in the slot of the values, the record elsewhere, so that the two
 * cannot change in one step. States:
 *
 *     none → pending(token, lease) → confirmed
 *
 * A writer takes a claim, pending, writes the record, and confirms the claim. Whoever finds a pending claim waits for
 * the end of its lease, then fences its token: from then on its writer can write nothing any more, and the record tells
 * whether it did. A confirmed claim is given up only after its record was read without the values, and only if it is the
 * same claim still: whoever gives a record values takes the claim anew, with a token of its own, before.
 */
export interface UniqueClaims {
  /** Takes a claim: a free one, or a confirmed one of the same holder or of the key that it had before (`from`). */
  take(key: string, wanted: WantedClaim): Promise<TakeOutcome>
  /** Makes own claims confirmed, with the deadline of their record (null: none); claims that others took over stay theirs. */
  confirm(keys: readonly string[], token: string, expiresAtMs: number | null): Promise<void>
  /** Gives own pending claims back: as they were when they were taken. */
  giveBack(taken: readonly TakenClaim[], token: string): Promise<void>
  /** Ends a claim if it still has this token and state. True: it did. */
  end(key: string, token: string, state: Claim['state']): Promise<boolean>
  /** Makes the pending claim of somebody else confirmed for a holder, if it still has this token. */
  settle(key: string, token: string, holder: RecordKey): Promise<boolean>
  /** Claims as they are; null where there is none. */
  read(keys: readonly string[]): Promise<readonly (Claim | null)[]>
  /** Lets the claims of a holder live as long as its record; never shorter than they do. Null: for ever. */
  extend(keys: readonly string[], holder: RecordKey, expiresAtMs: number | null): Promise<void>
}

/** A claim as it is stored. */
export interface Claim {
  readonly holder: RecordKey
  readonly state: 'pending' | 'confirmed'
  /** Of whoever took it; never used again. */
  readonly token: string
  /** The key that the record had before, while it gets another one; null otherwise. */
  readonly from: RecordKey | null
}

/** What a writer claims. */
export interface WantedClaim {
  readonly holder: RecordKey
  readonly from: RecordKey | null
  readonly token: string
  readonly leaseMs: number
  /** When the record expires; null: never. */
  readonly expiresAtMs: number | null
}

/** A claim that was taken, and the holder that it is given back to; null: it was free. */
export interface TakenClaim {
  readonly key: string
  readonly before: RecordKey | null
}

/**
 * `taken`: it is pending for the caller. `busy`: somebody else's lease runs. `held`: another record has it, or a lease is
 * over.
 */
export type TakeOutcome =
  | { readonly type: 'taken'; readonly before: RecordKey | null }
  | { readonly type: 'busy'; readonly claim: Claim; readonly leftMs: number }
  | { readonly type: 'held'; readonly claim: Claim }

/** How long a claim outlives the deadline of its record: clocks of servers differ, and deadlines are moved. */
export const CLAIM_GRACE_MS = 86_400_000

/** A record key as text: equal keys have equal text. */
export function holderText(key: RecordKey): string {
  return JSON.stringify(typeof key === 'string' ? [key] : [key.id, key.tag])
}

/** The reverse of `holderText`. */
export function holderOf(text: string): RecordKey {
  const [id, ...tags]: [string, (string | null)?] = JSON.parse(text)
  return tags.length === 0 ? id : { id, tag: tags[0] ?? null }
}
