import { type BenchmarkOptions, type RunningServer, redisBenchmark } from '../programs.js'
import { median } from '../statistics.js'

const ROUNDS = 5

/** Ours divided by the peer's: requests per second, and processor time of the server per request. */
export interface Ratios {
  readonly rate: number
  readonly cpu: number
}

/** Medians of rounds in which both servers get the same requests, in turn and in alternating order. */
export const pairedRounds = async (
  ours: RunningServer,
  peer: RunningServer,
  options: BenchmarkOptions,
): Promise<Ratios> => {
  const rates: number[] = []
  const cpus: number[] = []
  // What is not compiled yet is no measure: the first requests do not count.
  for (const server of [ours, peer]) await redisBenchmark(server.port, { ...options, requests: options.requests / 4 })
  for (let round = 0; round < ROUNDS; round++) {
    const measured = new Map<RunningServer, Ratios>()
    for (const server of round % 2 === 0 ? [ours, peer] : [peer, ours]) {
      const before = server.cpuMicroseconds()
      const rate = await redisBenchmark(server.port, options)
      measured.set(server, { rate, cpu: server.cpuMicroseconds() - before })
    }
    const mine = measured.get(ours)
    const theirs = measured.get(peer)
    if (mine === undefined || theirs === undefined) continue
    rates.push(mine.rate / theirs.rate)
    cpus.push(mine.cpu / theirs.cpu)
  }
  return { rate: median(rates), cpu: median(cpus) }
}

/** `0.83 / 1.31` */
export const showRatios = ({ rate, cpu }: Ratios): string => `${rate.toFixed(2)} / ${cpu.toFixed(2)}`

/** What a ratio has to reach, and whether it does: `>= 0.60 ok`. */
export const judged = (value: number, relation: '>=' | '<=', gate: number): string => {
  const reached = relation === '>=' ? value >= gate : value <= gate
  return `${value.toFixed(2)} (${relation} ${gate.toFixed(2)} ${reached ? 'ok' : 'MISSED'})`
}
