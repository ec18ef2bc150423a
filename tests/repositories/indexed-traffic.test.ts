import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { Redis } from 'ioredis'
import { openConnection } from '../../src/connections/open-connection.js'
import { IndexedRepository } from '../../src/repositories/indexed/indexed-repository.js'
import { hashSlot } from '../../src/schema/hash-slot.js'
import { repositoryContract } from '../contracts/repository-contract.js'
import { RecordingProxy } from '../support/recording-proxy.js'
import { ScriptMonitor } from '../support/script-monitor.js'
import { describeTargets, type Target } from '../support/targets.js'
import { until } from '../support/until.js'
import { useEverything } from './recorded-models.js'

/** All that the indexed repository and its connection may send; besides scripts, commands of one key alone. */
const ALLOWED = [
  ...['EVAL', 'EVALSHA', 'HGETALL', 'HGET', 'HKEYS', 'HSCAN', 'ZCARD', 'ZMSCORE', 'ZRANGE', 'EXISTS', 'ASKING', 'WAIT'],
  ...['HELLO', 'AUTH', 'SELECT', 'CLIENT', 'READONLY', 'PING', 'INFO', 'CLUSTER'],
]

/** The nodes of a target, each behind a relay that records and with a monitor on it. */
class Traffic {
  readonly proxies: readonly RecordingProxy[]
  readonly monitors: readonly ScriptMonitor[]
  readonly #natMap: string

  static async open(target: Target): Promise<Traffic> {
    const addresses = await nodesOf(target)
    const proxies = await Promise.all(addresses.map((address) => RecordingProxy.open(address)))
    const monitors = await Promise.all(addresses.map((address) => ScriptMonitor.open(address, target.keyPrefix)))
    const natMap = addresses.map(({ host, port }, index) => `${host}:${port}>127.0.0.1:${proxies[index]!.port}`)
    return new Traffic(proxies, monitors, natMap.join(','))
  }

  private constructor(proxies: readonly RecordingProxy[], monitors: readonly ScriptMonitor[], natMap: string) {
    this.proxies = proxies
    this.monitors = monitors
    this.#natMap = natMap
  }

  /** The target through the relays. */
  url(target: Target): string {
    const [first] = this.proxies
    const query = new URLSearchParams({ keyPrefix: target.keyPrefix })
    if (target.topology === 'standalone') return `redis://127.0.0.1:${first!.port}?${query}`
    query.set('natMap', this.#natMap)
    return `redis+cluster://${this.proxies.map(({ port }) => `127.0.0.1:${port}`).join(',')}?${query}`
  }

  get commands(): readonly (readonly string[])[] {
    return this.proxies.flatMap(({ commands }) => commands)
  }

  async close(): Promise<void> {
    for (const monitor of this.monitors) monitor.close()
    await Promise.all(this.proxies.map((proxy) => proxy.close()))
  }
}

/** Every node of a target, replicas too. */
async function nodesOf(target: Target): Promise<readonly { readonly host: string; readonly port: number }[]> {
  if (target.topology === 'standalone') return target.addresses
  const [seed] = target.addresses
  const client = new Redis({ host: seed!.host, port: seed!.port })
  const lines = String(await client.cluster('NODES'))
    .trim()
    .split('\n')
  client.disconnect()
  return lines.map((line) => {
    const [, host = '', port = ''] = /^\S+ (.*):(\d+)@/.exec(line) ?? []
    return { host, port: Number(port) }
  })
}

describeTargets(['redis-server', 'embedded-cluster', 'redis-cluster'], (target) => {
  let traffic: Traffic
  beforeAll(async () => {
    traffic = await Traffic.open(target)
  })
  afterAll(() => traffic.close())

  // On a cluster replicas answer the reads, so that what they are sent is seen too.
  const isCluster = target.topology === 'cluster'
  repositoryContract(`indexed repository, recorded${isCluster ? ', with reads from replicas' : ''}`, {
    partitions: 5,
    open: async () => {
      const connection = await openConnection('recorded', traffic.url(target))
      const source = isCluster ? connection.replicaReads({ readYourWrites: true, maxWaitMs: 200 }) : connection
      return { repository: new IndexedRepository(async () => source), close: () => connection.close() }
    },
  })

  test('every operation of models is used', () => useEverything(traffic.url(target), isCluster), 60_000)

  test('a script that strayed would be seen', async () => {
    const [address] = target.addresses as [{ host: string; port: number }]
    const client = new Redis(address)
    // Under a prefix of its own, which the other monitors pass over.
    const prefix = `stray:${target.keyPrefix}`
    const monitor = await ScriptMonitor.open(address, prefix)
    // Two keys of one node in two slots, which no server refuses.
    const tags = Array.from({ length: 200 }, (_, tag) => `${prefix}{${tag}}`).filter((key) => hashSlot(key) < 5_000)
    const [declared, other] = tags as [string, string]
    await client.eval("redis.call('GET', KEYS[1]) redis.call('GET', ARGV[1])", 1, declared, other)
    await until(() => monitor.scripts === 1 && monitor.counts.get('GET') === 2)
    expect(monitor.strays).toEqual([{ command: ['GET', other], declared: [declared] }])
    monitor.close()
    client.disconnect()
  })

  describe('what was sent meanwhile', () => {
    test('is nothing but scripts, look-ups by key and the housekeeping of connections', () => {
      const names = new Set(traffic.commands.map(([name]) => name!))
      expect([...names].filter((name) => !ALLOWED.includes(name))).toEqual([])
      expect(traffic.commands.length).toBeGreaterThan(1_000)
    })

    // One server has no slots: there a query may ask several partitions in one call.
    test('declares keys in each script, on a cluster of one slot', () => {
      const scripts = traffic.commands.filter(([name]) => name === 'EVAL' || name === 'EVALSHA')
      expect(scripts.length).toBeGreaterThan(500)
      const spread = scripts.filter(([, , count, ...rest]) => {
        const keys = rest.slice(0, Number(count))
        return keys.length === 0 || (isCluster && new Set(keys.map(hashSlot)).size !== 1)
      })
      expect(spread).toEqual([])
    })

    test('touches no key outside of the slots of the keys that a script declares', () => {
      const strays = traffic.monitors.flatMap((monitor) => monitor.strays)
      expect(strays.slice(0, 3)).toEqual([])
      const seen = traffic.monitors.reduce((sum, { scripts }) => sum + scripts, 0)
      expect(seen).toBeGreaterThan(500)
      const inside = traffic.monitors.flatMap(({ counts }) => [...counts.keys()])
      expect(inside).toEqual(expect.arrayContaining(['HSET', 'ZADD', 'ZREM', 'HGETALL', 'ZRANGE', 'UNLINK', 'TIME']))
    })
  })
})
