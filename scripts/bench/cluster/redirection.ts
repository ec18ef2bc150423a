import { Redis } from 'ioredis'
import { fill } from '../node/fill.js'
import { type RunningServer, startCluster, startOurServer, startRedisServer } from '../programs.js'
import { median } from '../statistics.js'
import { gated, readable } from './gate.js'

const REQUESTS = 100_000
const ROUNDS = 5
const GATE_US = 100

/** Processor time that a node takes to send a client elsewhere: GET of keys of another node, in pipelines of 1000. */
export const benchRedirection = async (): Promise<void> => {
  const ours = await costOf(startOurServer)
  const theirs = await costOf(startRedisServer)
  console.log(
    `cluster: redirection by MOVED             ${gated(ours, '<', GATE_US, 'us')}, redis-server ${readable(theirs)} us of processor time`,
  )
}

const costOf = async (start: (settings: readonly string[]) => Promise<RunningServer>): Promise<number> => {
  const cluster = await startCluster(start, { primaries: 3 })
  try {
    const [server] = cluster.servers
    if (server === undefined) throw new Error('the cluster has no node')
    const keys = await keysElsewhere(server.port)
    const send = (count: number): Promise<void> =>
      fill(server.port, (index) => ['GET', keys[index % keys.length] ?? ''], count)
    await send(REQUESTS / 2)
    const costs: number[] = []
    for (let round = 0; round < ROUNDS; round++) {
      const before = server.cpuMicroseconds()
      await send(REQUESTS)
      costs.push((server.cpuMicroseconds() - before) / REQUESTS)
    }
    return median(costs)
  } finally {
    await cluster.stop()
  }
}

/** Keys that a node does not serve. */
const keysElsewhere = async (port: number): Promise<string[]> => {
  const client = new Redis({ port, host: '127.0.0.1' })
  const keys: string[] = []
  for (let index = 0; index < 500; index++) {
    const outcome = await client.get(`key:${index}`).catch(String)
    if (String(outcome).includes('MOVED')) keys.push(`key:${index}`)
  }
  client.disconnect()
  if (keys.length < 100) throw new Error(`only ${keys.length} of 500 keys are elsewhere`)
  return keys
}
