import { setTimeout as delay } from 'node:timers/promises'
import { type RunningServer, startCluster, startOurServer, startRedisServer } from '../programs.js'
import { gated, readable } from './gate.js'

/** In the first minute V8 makes its heap smaller, once. */
const REST_MS = 60_000
const MEASURED_MS = 30_000
const GATE_PERCENT = 3

/** Processor time that six nodes with nothing to do but to talk to each other take, one process each. */
export const benchIdle = async (): Promise<void> => {
  const [ours, theirs] = [await loadOf(startOurServer), await loadOf(startRedisServer)]
  console.log(
    `cluster: six idle nodes, of one core      ${gated(ours, '<', GATE_PERCENT, '%')}, redis-server ${readable(theirs)} %`,
  )
}

/** @returns percent of one core, all nodes together */
const loadOf = async (start: (settings: readonly string[]) => Promise<RunningServer>): Promise<number> => {
  const cluster = await startCluster(start, { primaries: 3, replicas: 1 })
  try {
    await delay(REST_MS)
    const used = (): number => cluster.servers.reduce((sum, server) => sum + server.cpuMicroseconds(), 0)
    const [before, startedAt] = [used(), performance.now()]
    await delay(MEASURED_MS)
    const microseconds = (performance.now() - startedAt) * 1000
    return (100 * (used() - before)) / microseconds
  } finally {
    await cluster.stop()
  }
}
