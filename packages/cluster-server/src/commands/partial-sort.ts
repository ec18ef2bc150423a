type Compare<T> = (a: T, b: T) => number

/** Shorter ranges are sorted by insertion. */
const SHORTEST = 7
/** Longer ranges take the median of nine elements, not of three. */
const LONGEST_SIMPLE = 40

/**
 * Sorts in place as far as the elements from index `first` to `last` are concerned; the others end up somewhere before or
 * behind. Elements that compare as equal come out in the order in which Redis leaves them with `LIMIT` and `COUNT`,
 * which is not the one in which they came. Source of the method: Bentley and McIlroy, "Engineering a sort function".
 */
export const partialSort = <T>(items: T[], compare: Compare<T>, first: number, last: number): void =>
  new PartialSort(items, compare, first, last).run(0, items.length)

class PartialSort<T> {
  readonly #items: T[]
  readonly #compare: Compare<T>
  readonly #first: number
  readonly #last: number

  constructor(items: T[], compare: Compare<T>, first: number, last: number) {
    this.#items = items
    this.#compare = compare
    this.#first = first
    this.#last = last
  }

  run(from: number, count: number): void {
    let start = from
    let length = count
    for (;;) {
      if (length < SHORTEST) {
        this.#insertionSort(start, length)
        return
      }
      const { less, greater } = this.#partition(start, length)
      if (less > 1 && this.#concerns(start, less)) this.run(start, less)
      start += length - greater
      length = greater
      if (greater <= 1 || !this.#concerns(start, greater)) return
    }
  }

  #concerns(start: number, length: number): boolean {
    return this.#first < start + length && this.#last >= start
  }

  #insertionSort(start: number, length: number): void {
    for (let i = start + 1; i < start + length; i++) {
      for (let at = i; at > start && this.#order(at - 1, at) > 0; at--) this.#swap(at, at - 1)
    }
  }

  /** Moves smaller elements to the front, equal ones to the middle; how many are smaller and greater. */
  #partition(start: number, length: number): { readonly less: number; readonly greater: number } {
    const end = start + length
    this.#swap(start, this.#pivot(start, length))
    // Equal elements gather at both ends first: before `equalLow`, and behind `equalHigh`.
    let equalLow = start + 1
    let low = equalLow
    let high = end - 1
    let equalHigh = high
    for (;;) {
      for (; low <= high; low++) {
        const order = this.#order(low, start)
        if (order > 0) break
        if (order === 0) this.#swap(equalLow++, low)
      }
      for (; low <= high; high--) {
        const order = this.#order(high, start)
        if (order < 0) break
        if (order === 0) this.#swap(high, equalHigh--)
      }
      if (low > high) break
      this.#swap(low++, high--)
    }
    const less = low - equalLow
    const greater = equalHigh - high
    this.#swapRanges(start, low, Math.min(equalLow - start, less))
    this.#swapRanges(low, end, Math.min(greater, end - equalHigh - 1))
    return { less, greater }
  }

  #pivot(start: number, length: number): number {
    const middle = start + (length >> 1)
    if (length === SHORTEST) return middle
    const last = start + length - 1
    if (length <= LONGEST_SIMPLE) return this.#median(start, middle, last)
    const step = length >> 3
    return this.#median(
      this.#median(start, start + step, start + 2 * step),
      this.#median(middle - step, middle, middle + step),
      this.#median(last - 2 * step, last - step, last),
    )
  }

  #median(a: number, b: number, c: number): number {
    if (this.#order(a, b) < 0) return this.#order(b, c) < 0 ? b : this.#order(a, c) < 0 ? c : a
    return this.#order(b, c) > 0 ? b : this.#order(a, c) < 0 ? a : c
  }

  /** Exchanges `count` elements from `start` on with as many before `end`. */
  #swapRanges(start: number, end: number, count: number): void {
    for (let i = 0; i < count; i++) this.#swap(start + i, end - count + i)
  }

  #order(a: number, b: number): number {
    return this.#compare(this.#items[a] as T, this.#items[b] as T)
  }

  #swap(a: number, b: number): void {
    const kept = this.#items[a] as T
    this.#items[a] = this.#items[b] as T
    this.#items[b] = kept
  }
}
