import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { type RunningServer, startOurServer, startRedisServer } from '../programs.js'
import { median } from '../statistics.js'
import { gated, readable } from './gate.js'

const PRIMARIES = 50
const CALLS = 200
const GATE_MS = 10
const VIEWS = ['NODES', 'SLOTS', 'SHARDS', 'INFO'] as const

/** Time of an answer about a cluster of 100 nodes, of which all but one are known from nodes.conf only. */
export const benchViews = async (): Promise<void> => {
  const [ours, theirs] = [await timesOf(startOurServer), await timesOf(startRedisServer)]
  for (const [at, view] of VIEWS.entries()) {
    const [mine = Number.NaN, redis = Number.NaN] = [ours[at], theirs[at]]
    console.log(
      `cluster: CLUSTER ${view.padEnd(6)} of 100 nodes      ${gated(mine, '<', GATE_MS, 'ms')}, redis-server ${readable(redis)} ms`,
    )
  }
}

const timesOf = async (start: (settings: readonly string[]) => Promise<RunningServer>): Promise<number[]> => {
  const directory = await mkdtemp(join(tmpdir(), 'activeredis-bench-'))
  const file = join(directory, 'nodes.conf')
  await writeFile(file, nodesFile())
  // Nobody is suspected while it is measured.
  const settings = ['--cluster-enabled', 'yes', '--cluster-config-file', file, '--cluster-node-timeout', '3600000']
  const server = await start(settings)
  const client = new Redis({ port: server.port, host: '127.0.0.1' })
  try {
    const info = String(await client.cluster('INFO'))
    if (!info.includes(`cluster_known_nodes:${2 * PRIMARIES}\r`)) throw new Error(`the file was not loaded:\n${info}`)
    const times: number[] = []
    for (const view of VIEWS) times.push(await timeOf(client, view))
    return times
  } finally {
    client.disconnect()
    await server.stop()
    await rm(directory, { recursive: true, force: true })
  }
}

const timeOf = async (client: Redis, view: string): Promise<number> => {
  const times: number[] = []
  for (let call = 0; call < CALLS; call++) {
    const startedAt = performance.now()
    await client.call('CLUSTER', view)
    times.push(performance.now() - startedAt)
  }
  return median(times)
}

const idOf = (number: number): string => number.toString(16).padStart(40, '0')

/** Primaries whose slots lie scattered, so that each has many ranges, and a replica of each; nobody listens there. */
const nodesFile = (): string => {
  const slots: number[][] = Array.from({ length: PRIMARIES }, () => [])
  for (let slot = 0; slot < 16_384; slot++) slots[Math.floor(slot / 64) % PRIMARIES]?.push(slot)
  const lines = Array.from({ length: 2 * PRIMARIES }, (_, index) => {
    const primary = index % PRIMARIES
    const role = index < PRIMARIES ? `${index === 0 ? 'myself,' : ''}master -` : `slave ${idOf(primary + 1)}`
    const owned = index < PRIMARIES ? rangesOf(slots[index] ?? []) : []
    const words = [`127.0.0.1:${9000 + index}@${9500 + index}`, role, 0, 0, primary + 1, 'connected', ...owned]
    return `${idOf(index + 1)} ${words.join(' ')}\n`
  })
  return `${lines.join('')}vars currentEpoch ${PRIMARIES} lastVoteEpoch 0\n`
}

const rangesOf = (slots: readonly number[]): string[] => {
  const ranges: { first: number; last: number }[] = []
  for (const slot of slots) {
    const range = ranges.at(-1)
    if (range !== undefined && range.last === slot - 1) range.last = slot
    else ranges.push({ first: slot, last: slot })
  }
  return ranges.map(({ first, last }) => `${first}-${last}`)
}
