import { benchLatency } from './node/hand-over.js'
import { benchMemory } from './node/memory.js'
import { benchMock } from './node/mock.js'
import { benchSpecial } from './node/special.js'
import { benchThroughput } from './node/throughput.js'
import { isInstalled, type RunningServer, startOurServer, startRedisServer } from './programs.js'
import { UsageError } from './usage-error.js'

/** What `bench` measures between fresh servers, where Redis is installed. */
const besideRedis = (bench: (ours: RunningServer, peer: RunningServer) => Promise<void>) => async (): Promise<void> => {
  for (const program of ['redis-server', 'redis-benchmark']) {
    if (!(await isInstalled(program))) {
      console.log(`node: left out, because ${program} is not on the path`)
      return
    }
  }
  const ours = await startOurServer()
  const peer = await startRedisServer()
  try {
    await bench(ours, peer)
  } finally {
    await ours.stop()
    await peer.stop()
  }
}

const sections = {
  throughput: besideRedis(benchThroughput),
  special: besideRedis(benchSpecial),
  'hand-over': besideRedis(benchLatency),
  memory: besideRedis(benchMemory),
  mock: benchMock,
} as const

const isSection = (name: string): name is keyof typeof sections => Object.hasOwn(sections, name)

/**
 * Compares one node with redis-server on this machine: throughput and processor time of simple commands, sorted sets,
 * scripts and large values, messages and waiting clients, memory; and with ioredis-mock. Ratios are medians of rounds in which
 * both take turns.
 *
 * @param options names of sections; none: all of them
 */
export const benchNode = async (options: readonly string[]): Promise<void> => {
  for (const name of options) {
    if (!isSection(name))
      throw new UsageError(`There is no section "${name}"; there are: ${Object.keys(sections).join(', ')}`)
  }
  const chosen = options.length > 0 ? options.filter(isSection) : (Object.keys(sections) as (keyof typeof sections)[])
  for (const name of chosen) await sections[name]()
}
