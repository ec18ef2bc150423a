/** Positions `from` to before `to`; empty when both are equal. */
export interface IndexRange {
  readonly from: number
  readonly to: number
}

/** The positions between two indexes of a command, both inclusive, negative ones counted from the end. */
export const indexRange = (first: number, last: number, size: number): IndexRange => {
  const from = Math.max(0, first < 0 ? size + first : first)
  const to = Math.min(size, (last < 0 ? size + last : last) + 1)
  return from < to ? { from, to } : { from: 0, to: 0 }
}
