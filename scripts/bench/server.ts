import { isInstalled, type RunningServer, redisBenchmark, startOurServer, startRedisServer } from './programs.js'
import { geometricMean, median } from './statistics.js'

const tests = ['set', 'get', 'incr', 'hset', 'zadd', 'lpush', 'mset'] as const
const rounds = 3

interface Measurement {
  readonly rate: number
  readonly cpuMicroseconds: number
}

/**
 * Prints the throughput and the processor time per request of our server as ratios to redis-server, both driven by
 * `redis-benchmark` in turn on this machine.
 */
export const benchServer = async (): Promise<void> => {
  for (const program of ['redis-server', 'redis-benchmark']) {
    if (!(await isInstalled(program))) {
      console.log(`server: left out, because ${program} is not on the path`)
      return
    }
  }
  const ours = await startOurServer()
  const peer = await startRedisServer()
  try {
    console.log(`server: ratios to redis-server, median of ${rounds} interleaved rounds (throughput / processor time)`)
    for (const pipeline of [1, 16, 100]) await benchPipeline(ours, peer, pipeline)
  } finally {
    await ours.stop()
    await peer.stop()
  }
}

const benchPipeline = async (ours: RunningServer, peer: RunningServer, pipeline: number): Promise<void> => {
  const requests = pipeline === 1 ? 60_000 : 400_000
  const rates: number[] = []
  const cells: string[] = []
  for (const test of tests) {
    const rateRatios: number[] = []
    const cpuRatios: number[] = []
    for (let round = 0; round < rounds; round++) {
      const order = round % 2 === 0 ? [ours, peer] : [peer, ours]
      const results = new Map<RunningServer, Measurement>()
      for (const server of order) results.set(server, await measure(server, test, pipeline, requests))
      const mine = results.get(ours)
      const theirs = results.get(peer)
      if (mine === undefined || theirs === undefined) continue
      rateRatios.push(mine.rate / theirs.rate)
      cpuRatios.push(mine.cpuMicroseconds / theirs.cpuMicroseconds)
    }
    rates.push(median(rateRatios))
    cells.push(`${test} ${median(rateRatios).toFixed(2)} / ${median(cpuRatios).toFixed(2)}`)
  }
  console.log(
    `  pipeline ${String(pipeline).padStart(3)}: ${cells.join('   ')}   mean ${geometricMean(rates).toFixed(2)}`,
  )
}

const measure = async (
  server: RunningServer,
  test: string,
  pipeline: number,
  requests: number,
): Promise<Measurement> => {
  const before = server.cpuMicroseconds()
  const rate = await redisBenchmark(server.port, test, { pipeline, requests })
  return { rate, cpuMicroseconds: (server.cpuMicroseconds() - before) / requests }
}
