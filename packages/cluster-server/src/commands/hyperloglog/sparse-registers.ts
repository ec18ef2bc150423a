/**
 * The sparse form of the registers is a sequence of runs:
 *
 *     00llllll            l + 1 registers that are 0 (a short run)
 *     01llllll llllllll   l + 1 registers that are 0 (a long run)
 *     1vvvvvll            l + 1 registers of the value v + 1
 */
const LONG = 0x40
const VALUE = 0x80
const LONGEST_SHORT = 64
const LONGEST_VALUE_RUN = 4
/** A greater value has no place in the sparse form. */
export const LARGEST_SPARSE = 32
/** The most bytes by which raising one register lengthens the form. */
export const LARGEST_GROWTH = 3
/** How many runs are looked at for a merge after a change. */
const MERGE_REACH = 5

/** The value of a run of registers, its length, and the number of its bytes. */
export interface Run {
  readonly value: number
  readonly length: number
  readonly size: number
}

const valueAt = (bytes: Uint8Array, at: number): number => {
  const code = bytes[at] ?? 0
  return code & VALUE ? ((code >> 2) & 31) + 1 : 0
}

/** A byte behind the end of a cut text is 0. */
const lengthAt = (bytes: Uint8Array, at: number): number => {
  const code = bytes[at] ?? 0
  if (code & VALUE) return (code & 3) + 1
  return (code & LONG ? ((code & 63) << 8) | (bytes[at + 1] ?? 0) : code & 63) + 1
}

const sizeAt = (bytes: Uint8Array, at: number): number => (((bytes[at] ?? 0) & (VALUE | LONG)) === LONG ? 2 : 1)

/** The run that begins with the byte at `at`. */
export const runAt = (bytes: Uint8Array, at: number): Run => ({
  value: valueAt(bytes, at),
  length: lengthAt(bytes, at),
  size: sizeAt(bytes, at),
})

const valueRun = (value: number, length: number): number => VALUE | ((value - 1) << 2) | (length - 1)

/** The bytes of a run of that value; none for a length of 0. */
const encodeRun = (value: number, length: number): number[] => {
  if (length === 0) return []
  if (value > 0) return [valueRun(value, length)]
  return length > LONGEST_SHORT ? [LONG | ((length - 1) >> 8), (length - 1) & 255] : [length - 1]
}

/** The run that covers a register, and the one before it. */
interface FoundRun {
  readonly run: Run
  readonly at: number
  /** Its first register. */
  readonly first: number
  /** Where the run before it begins; the start of all runs when there is none. */
  readonly before: number
}

const findRun = (bytes: Uint8Array, start: number, end: number, index: number): FoundRun | undefined => {
  let before = start
  let first = 0
  for (let at = start; at < end; ) {
    const length = lengthAt(bytes, at)
    if (index < first + length) return { run: runAt(bytes, at), at, first, before }
    before = at
    at += sizeAt(bytes, at)
    first += length
  }
  return undefined
}

/** What became of an attempt to raise a register. `full`: the sparse form has no room for it. */
export type Raised =
  | { readonly type: 'raised'; readonly end: number }
  | { readonly type: 'unchanged' | 'full' | 'corrupted' }

/**
 * Raises the register at `index` to `rank`, which the sparse form can hold. The runs are `bytes` from `start` to before
 * `end`, with `LARGEST_GROWTH` bytes free behind them; more than `maxEnd` they may not become. Only the neighbourhood is
 * tidied, as in Redis: the same additions give the same bytes.
 */
export const raiseSparse = (
  bytes: Uint8Array,
  start: number,
  end: number,
  maxEnd: number,
  index: number,
  rank: number,
): Raised => {
  const found = findRun(bytes, start, end, index)
  if (found === undefined) return { type: 'corrupted' }
  const { run, at, first, before } = found
  if (run.value >= rank) return { type: 'unchanged' }
  const left = index - first
  const right = run.length - left - 1
  const replacement = [...encodeRun(run.value, left), valueRun(rank, 1), ...encodeRun(run.value, right)]
  const growth = replacement.length - run.size
  // A run of one register is replaced where it stands, however long the form already is.
  if (growth > 0 && end + growth > maxEnd) return { type: 'full' }
  bytes.copyWithin(at + replacement.length, at + run.size, end)
  bytes.set(replacement, at)
  return { type: 'raised', end: mergeRuns(bytes, before, end + growth) }
}

/** Joins neighbouring runs of one value, beginning at `from`. @returns the new end */
const mergeRuns = (bytes: Uint8Array, from: number, end: number): number => {
  let newEnd = end
  let at = from
  for (let looked = 0; at < newEnd && looked < MERGE_REACH; looked++) {
    const value = valueAt(bytes, at)
    const joined = lengthAt(bytes, at) + lengthAt(bytes, at + 1)
    const areEqual = value > 0 && at + 1 < newEnd && valueAt(bytes, at + 1) === value
    if (areEqual && joined <= LONGEST_VALUE_RUN) {
      bytes[at + 1] = valueRun(value, joined)
      bytes.copyWithin(at, at + 1, newEnd)
      newEnd--
    } else at += sizeAt(bytes, at)
  }
  return newEnd
}
