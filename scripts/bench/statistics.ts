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

/** What a piece of work took: time, and processor time of this process. */
interface Taken {
  readonly ms: number
  readonly cpuMs: number
}

const timed = async (work: () => Promise<unknown>): Promise<Taken> => {
  const before = process.cpuUsage()
  const start = performance.now()
  await work()
  const ms = performance.now() - start
  const { user, system } = process.cpuUsage(before)
  return { ms, cpuMs: (user + system) / 1000 }
}

/** Medians of rounds in which two ways were taken; the ratio says how many times as fast ours is. */
export interface Paired {
  readonly ours: Taken
  readonly peer: Taken
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

/** Medians of what two ways to do the same take, taken in turn so that a drift of the machine hits both. */
export const interleaved = async ({ rounds, ours, peer, before }: Pair): Promise<Paired> => {
  const mine: Taken[] = []
  const theirs: Taken[] = []
  const measure = async (work: () => Promise<unknown>): Promise<Taken> => {
    await before?.()
    return timed(work)
  }
  for (let round = 0; round < rounds; round++) {
    if (round % 2 === 0) mine.push(await measure(ours))
    theirs.push(await measure(peer))
    if (round % 2 !== 0) mine.push(await measure(ours))
  }
  const ratios = theirs.map(({ ms }, round) => ms / (mine[round]?.ms ?? Number.NaN))
  return { ours: middle(mine), peer: middle(theirs), ratio: median(ratios) }
}

const middle = (taken: readonly Taken[]): Taken => ({
  ms: median(taken.map(({ ms }) => ms)),
  cpuMs: median(taken.map(({ cpuMs }) => cpuMs)),
})
