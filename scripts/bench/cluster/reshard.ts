import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { type RunningCluster, startCluster, startOurServer, startRedisServer } from '../programs.js'
import { median } from '../statistics.js'
import { gated, readable } from './gate.js'

const execute = promisify(execFile)

const SLOTS = 1000
/** There, back and there again. */
const ROUNDS = 3
const GATE_RATIO = 2.5

/** Time in which `redis-cli --cluster reshard` moves empty slots between two primaries of a cluster of six nodes. */
export const benchReshard = async (): Promise<void> => {
  const clusters: RunningCluster[] = []
  try {
    const times: number[][] = []
    for (const start of [startOurServer, startRedisServer]) {
      clusters.push(await startCluster(start, { primaries: 3, replicas: 1 }))
      times.push([])
    }
    for (let round = 0; round < ROUNDS; round++) {
      for (const [at, { ports }] of clusters.entries()) {
        const [first = 0, second = 0] = ports
        times[at]?.push(await (round % 2 === 0 ? reshard(first, second) : reshard(second, first)))
      }
    }
    const [mine = Number.NaN, redis = Number.NaN] = times.map(median)
    console.log(
      `cluster: reshard of ${SLOTS} empty slots        ${readable(mine)} s (the first time ${readable(times[0]?.[0] ?? Number.NaN)} s), redis-server ${readable(redis)} s: ratio ${gated(mine / redis, '<', GATE_RATIO, 'x')}`,
    )
  } finally {
    for (const cluster of clusters) await cluster.stop()
  }
}

const cli = async (...words: readonly string[]): Promise<string> => (await execute('redis-cli', [...words])).stdout

const idOf = async (port: number): Promise<string> => (await cli('-p', String(port), 'CLUSTER', 'MYID')).trim()

/** @returns seconds */
const reshard = async (from: number, to: number): Promise<number> => {
  const ids = ['--cluster-from', await idOf(from), '--cluster-to', await idOf(to)]
  // A node that joined a moment ago may still be told of slots: redis-cli begins with a check of the cluster.
  await untilChecked(from)
  const startedAt = performance.now()
  await cli('--cluster', 'reshard', `127.0.0.1:${from}`, ...ids, '--cluster-slots', String(SLOTS), '--cluster-yes')
  return (performance.now() - startedAt) / 1000
}

const untilChecked = async (port: number): Promise<void> => {
  for (let attempt = 0; attempt < 100; attempt++) {
    if (
      await cli('--cluster', 'check', `127.0.0.1:${port}`).then(
        () => true,
        () => false,
      )
    )
      return
  }
  throw new Error('the nodes do not agree on their slots')
}
