import { Redis } from 'ioredis'
import { fill, hashOfFive } from '../node/fill.js'
import { type RunningServer, startCluster, startOurServer, startRedisServer } from '../programs.js'
import { median } from '../statistics.js'
import { gated, readable } from './gate.js'

const KEYS = 20_000
/** Keys in one MIGRATE: the default of redis-cli. */
const BATCHES = [10, 100] as const
const ROUNDS = 4
const TAG = '{m}'
const GATE_RATE = 1000

/** How fast the keys of a slot move from node to node, as `redis-cli --cluster reshard` moves them. */
export const benchMigrate = async (): Promise<void> => {
  const [ours, theirs] = [await ratesOf(startOurServer), await ratesOf(startRedisServer)]
  for (const [at, batch] of BATCHES.entries()) {
    const [mine = Number.NaN, redis = Number.NaN] = [ours[at], theirs[at]]
    console.log(
      `cluster: MIGRATE of ${String(batch).padStart(3)} small hashes       ${gated(mine, '>', GATE_RATE, 'keys/s')}, redis-server ${readable(redis)} keys/s: ratio ${(mine / redis).toFixed(2)}`,
    )
  }
}

/** Keys a second for each size of a batch. */
const ratesOf = async (start: (settings: readonly string[]) => Promise<RunningServer>): Promise<number[]> => {
  const cluster = await startCluster(start, { primaries: 3 })
  const nodes = await Promise.all(cluster.ports.map(Member.open))
  try {
    const [first] = nodes
    if (first === undefined) throw new Error('the cluster has no node')
    const slot = Number(await first.client.cluster('KEYSLOT', TAG))
    const owner = await ownerOf(nodes, slot)
    const other = nodes.find((node) => node !== owner)
    if (other === undefined) throw new Error('the cluster has one node only')
    await fill(owner.port, (index) => tagged(hashOfFive(index)), KEYS)
    const rates: number[] = []
    let [from, to] = [owner, other]
    for (const batch of BATCHES) {
      const measured: number[] = []
      for (let round = 0; round < ROUNDS; round++) {
        measured.push(await moveSlot(slot, from, to, batch))
        ;[from, to] = [to, from]
      }
      rates.push(median(measured))
    }
    return rates
  } finally {
    for (const node of nodes) node.client.disconnect()
    await cluster.stop()
  }
}

/** One node of the cluster, and a client of it. */
class Member {
  private constructor(
    readonly port: number,
    readonly id: string,
    readonly client: Redis,
  ) {}

  static async open(port: number): Promise<Member> {
    const client = new Redis({ port, host: '127.0.0.1' })
    return new Member(port, String(await client.cluster('MYID')), client)
  }
}

const tagged = ([command = '', key = '', ...fields]: readonly string[]): readonly string[] => [
  command,
  `${TAG}${key}`,
  ...fields,
]

const ownerOf = async (nodes: readonly Member[], slot: number): Promise<Member> => {
  for (const node of nodes) {
    const outcome = await node.client.exists(TAG).catch(String)
    if (!String(outcome).includes('MOVED')) return node
  }
  throw new Error(`nobody serves slot ${slot}`)
}

/** @returns keys a second, from the first to the last MIGRATE */
const moveSlot = async (slot: number, from: Member, to: Member, batch: number): Promise<number> => {
  await to.client.call('CLUSTER', 'SETSLOT', slot, 'IMPORTING', from.id)
  await from.client.call('CLUSTER', 'SETSLOT', slot, 'MIGRATING', to.id)
  const startedAt = performance.now()
  let moved = 0
  for (;;) {
    const keys = (await from.client.cluster('GETKEYSINSLOT', slot, batch)) as string[]
    if (keys.length === 0) break
    await from.client.call('MIGRATE', '127.0.0.1', to.port, '', 0, 60_000, 'KEYS', ...keys)
    moved += keys.length
  }
  const seconds = (performance.now() - startedAt) / 1000
  if (moved !== KEYS) throw new Error(`${moved} keys moved, not ${KEYS}`)
  for (const node of [to, from]) await node.client.call('CLUSTER', 'SETSLOT', slot, 'NODE', to.id)
  return moved / seconds
}
