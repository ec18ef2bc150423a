import { once } from 'node:events'
import { createRequire } from 'node:module'
import { nohm } from 'nohm'
import { changedVisitOf, Visit } from '../visit.js'
import { reportFaster, type Suite } from './suite.js'

const RECORDS = 200
const require = createRequire(import.meta.url)

/** The records of the benchmark as a nohm model: the same attributes, the same three indexed. */
const NohmVisit = nohm.model('Visit', {
  properties: {
    country: { type: 'string', index: true },
    device: { type: 'string', index: true },
    userId: { type: 'integer', index: true },
    path: { type: 'string' },
    referrer: { type: 'string' },
    agent: { type: 'string' },
    durationMs: { type: 'integer' },
    isBot: { type: 'bool' },
  },
})

/** Creating, finding and changing one record after the other, beside nohm on the same server. */
export const besideNohm: Suite = async (bench) => {
  if (bench.target.name !== 'redis' || !bench.wants('nohm-create', 'nohm-find', 'nohm-update')) return
  const client = await nohmClient(bench.target.nodes[0]?.options.port)
  nohm.setClient(client)
  nohm.setPrefix('nohm')
  let times = 0
  const attributesOf = (number: number) => changedVisitOf(number, times)

  const createTheirs = async (): Promise<string[]> => {
    const ids: string[] = []
    times++
    for (let number = 0; number < RECORDS; number++) {
      const visit = new NohmVisit()
      visit.property(attributesOf(number))
      await visit.save()
      ids.push(String(visit.id))
    }
    return ids
  }
  const createOurs = async (): Promise<string[]> => {
    const ids: string[] = []
    times++
    for (let number = 0; number < RECORDS; number++) ids.push((await Visit.create(attributesOf(number))).id)
    return ids
  }
  const ours = await createOurs()
  const theirs = await createTheirs()
  if (bench.wants('nohm-create'))
    await reportFaster(bench, 'nohm-create', { rounds: 11, ours: createOurs, peer: createTheirs })
  if (bench.wants('nohm-find')) {
    await reportFaster(bench, 'nohm-find', {
      rounds: 11,
      ours: async () => {
        for (const id of ours) await Visit.find(id)
      },
      peer: async () => {
        for (const id of theirs) await new NohmVisit().load(id)
      },
    })
  }
  if (bench.wants('nohm-update')) {
    await reportFaster(bench, 'nohm-update', {
      rounds: 11,
      ours: async () => {
        times++
        for (const [number, id] of ours.entries()) await (await Visit.findOrFail(id)).update(attributesOf(number))
      },
      peer: async () => {
        times++
        for (const [number, id] of theirs.entries()) {
          const visit = new NohmVisit()
          await visit.load(id)
          visit.property(attributesOf(number))
          await visit.save()
        }
      },
    })
  }
  client.disconnect()
  await Visit.truncate()
}

/** nohm 3 works with ioredis 4, which it brings itself; it wants the client connected. */
const nohmClient = async (port: number | undefined) => {
  const { default: Redis } = createRequire(require.resolve('nohm'))('ioredis')
  const client = new Redis({ host: '127.0.0.1', port })
  await once(client, 'ready')
  return client
}
