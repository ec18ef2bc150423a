import { setTimeout as delay } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { type RunningCluster, type RunningServer, startCluster, startOurServer, startRedisServer } from '../programs.js'
import { median } from '../statistics.js'
import { readable } from './gate.js'

const NODE_TIMEOUT_MS = 2000
const PRIMARIES = 3
const LONGEST_MS = 60_000

/**
 * From the end of a primary by SIGKILL to the first write that its replica takes in a cluster that is able to work, in
 * multiples of `cluster-node-timeout`: of ours, and in the same run of redis-server. Each primary dies once.
 */
export const benchFailover = async (): Promise<void> => {
  const [ours, theirs] = [await failoversOf(startOurServer), await failoversOf(startRedisServer)]
  const shown = (times: readonly number[]): string =>
    `${readable(median(times))} (${times.map((time) => time.toFixed(2)).join(', ')})`
  console.log(
    `cluster: failover, in times of ${NODE_TIMEOUT_MS} ms       ours ${shown(ours)}, redis-server ${shown(theirs)}: ratio ${(median(ours) / median(theirs)).toFixed(2)}`,
  )
}

const failoversOf = async (start: (settings: readonly string[]) => Promise<RunningServer>): Promise<number[]> => {
  const settings = ['--cluster-node-timeout', String(NODE_TIMEOUT_MS), '--repl-diskless-sync-delay', '0']
  const cluster = await startCluster(start, { primaries: PRIMARIES, replicas: 1, settings })
  const clients = cluster.ports.map(
    (port) => new Redis({ port, host: '127.0.0.1', maxRetriesPerRequest: 0, enableOfflineQueue: false }),
  )
  for (const client of clients) client.on('error', () => {})
  try {
    await until(async () => (await Promise.all(clients.map(isLinked))).every(Boolean))
    const times: number[] = []
    for (let round = 0; round < PRIMARIES; round++) times.push(await failover(cluster, clients, round))
    return times
  } finally {
    for (const client of clients) client.disconnect()
    await cluster.stop()
  }
}

const failover = async (cluster: RunningCluster, clients: readonly Redis[], primary: number): Promise<number> => {
  const [client, server] = [clients[primary], cluster.servers[primary]]
  if (client === undefined || server === undefined) throw new Error(`the cluster has no node ${primary}`)
  const key = await keyOf(client)
  const survivors = clients.slice(PRIMARIES)
  const startedAt = performance.now()
  await server.kill()
  await until(async () => {
    const written = await Promise.all(survivors.map((each) => each.set(key, 'v').catch(() => null)))
    return written.includes('OK') && (await Promise.all(survivors.map(isOk))).every(Boolean)
  })
  return (performance.now() - startedAt) / NODE_TIMEOUT_MS
}

/** A key that the node serves. */
const keyOf = async (client: Redis): Promise<string> => {
  let index = 0
  await until(async () => (await client.set(`key:${++index}`, 'v').catch(() => null)) === 'OK')
  return `key:${index}`
}

const isOk = async (client: Redis): Promise<boolean> =>
  String(await client.cluster('INFO').catch(() => '')).includes('cluster_state:ok')

const isLinked = async (client: Redis): Promise<boolean> => {
  const info = await client.info('replication').catch(() => '')
  return info.includes('master_link_status:up') || info.includes('connected_slaves:1')
}

const until = async (holds: () => Promise<boolean>): Promise<void> => {
  const deadline = performance.now() + LONGEST_MS
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`still not so after ${LONGEST_MS} ms: ${holds}`)
    await delay(10)
  }
}
