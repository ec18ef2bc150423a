/** The middle value, or the mean of the two middle ones. */
export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle]
  if (upper === undefined) throw new Error('the median of no values')
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2
}

export const geometricMean = (values: readonly number[]): number =>
  Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length)

/** Milliseconds that `work` takes. */
export const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const start = performance.now()
  await work()
  return performance.now() - start
}

/** Medians of rounds in which two ways were taken; the ratio says how many times as fast ours is. */
export interface Paired {
  readonly oursMs: number
  readonly peerMs: number
  readonly ratio: number
}

/** Two ways to do the same. */
export interface Pair {
  readonly rounds: number
  readonly ours: () => Promise<unknown>
  readonly peer: () => Promise<unknown>
  /** Done before each of them, and not measured. */
  readonly before?: () => Promise<unknown>
}

/** Median milliseconds of two ways to do the same, taken in turn so that a drift of the machine hits both. */
export const interleaved = async ({ rounds, ours, peer, before }: Pair): Promise<Paired> => {
  const oursMs: number[] = []
  const peerMs: number[] = []
  const ratios: number[] = []
  const measure = async (work: () => Promise<unknown>): Promise<number> => {
    await before?.()
    return timed(work)
  }
  for (let round = 0; round < rounds; round++) {
    const first = round % 2 === 0 ? await measure(ours) : 0
    const other = await measure(peer)
    const mine = round % 2 === 0 ? first : await measure(ours)
    oursMs.push(mine)
    peerMs.push(other)
    ratios.push(other / mine)
  }
  return { oursMs: median(oursMs), peerMs: median(peerMs), ratio: median(ratios) }
}
