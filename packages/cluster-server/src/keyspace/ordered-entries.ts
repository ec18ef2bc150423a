/** True for a prefix of the entries in their order, false from there on: a cut of a sorted set. */
export type Before = (score: number, member: string) => boolean

/** Members and their scores, in order. */
export interface ScoredMembers {
  readonly members: readonly string[]
  readonly scores: readonly number[]
}

/** Members in the order of a sorted set: by score, then by bytes. A member occurs once; who calls sees to that. */
export interface OrderedEntries {
  readonly size: number
  insert(score: number, member: string): void
  /** Removes an entry that is present with exactly this score. */
  remove(score: number, member: string): void
  /** Number of entries for which `before` holds. */
  countBefore(before: Before): number
  /** The entries of rank `from` to before `to`. */
  slice(from: number, to: number): ScoredMembers
}

/** Whether (`score`, `member`) comes before (`otherScore`, `otherMember`). */
export const comesBefore = (score: number, member: string, otherScore: number, otherMember: string): boolean =>
  score < otherScore || (score === otherScore && member < otherMember)

/** Number of entries for which `before` holds, in parallel sorted arrays. */
export const countBeforeIn = (scores: readonly number[], members: readonly string[], before: Before): number => {
  let low = 0
  let high = members.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (before(scores[middle] as number, members[middle] as string)) low = middle + 1
    else high = middle
  }
  return low
}

/** The position of an entry, or where it would be inserted, in parallel sorted arrays. */
export const positionIn = (
  scores: readonly number[],
  members: readonly string[],
  score: number,
  member: string,
): number => {
  let low = 0
  let high = members.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (comesBefore(scores[middle] as number, members[middle] as string, score, member)) low = middle + 1
    else high = middle
  }
  return low
}
