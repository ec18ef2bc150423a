import { connections } from 'activeredis'
import { Redis } from 'ioredis'
import { isInstalled, type RunningServer, startOurServer, startRedisServer } from './programs.js'
import { interleaved, timed } from './statistics.js'
import { fieldsOf, Visit, visitOf } from './visit.js'

const ROWS = 100_000

/** Prints what models cost beside the same work done by hand with ioredis, on a redis-server and on our own server. */
export const benchOrm = async (): Promise<void> => {
  if (await isInstalled('redis-server')) await benchOn(await startRedisServer())
  else console.log('orm on redis-server: left out, because redis-server is not on the path')
  await benchOn(await startOurServer())
}

const benchOn = async (server: RunningServer): Promise<void> => {
  const raw = new Redis({ host: '127.0.0.1', port: server.port })
  await connections.replace('bench', `redis://127.0.0.1:${server.port}`)
  try {
    console.log(`orm on ${server.label}: ${ROWS.toLocaleString('en')} records of 8 attributes, 3 indexed, 6 partitions`)
    await benchInsert(raw)
    await benchSave(raw)
    await benchReads(raw)
    await benchSearch(raw)
  } finally {
    await connections.close('bench')
    raw.disconnect()
    await server.stop()
  }
}

const print = (what: string, oursMs: number, peer: string, peerMs: number, ratio: number): void =>
  console.log(
    `  ${what.padEnd(46)} ${oursMs.toFixed(2).padStart(9)} ms   ${peer.padEnd(44)} ${peerMs.toFixed(2).padStart(9)} ms   ratio ${ratio.toFixed(2)}`,
  )

const benchInsert = async (raw: Redis): Promise<void> => {
  const rows = Array.from({ length: ROWS }, (_, number) => visitOf(number))
  const oursMs = await timed(() => Visit.insertMany(rows))
  const peerMs = await timed(async () => {
    for (let first = 0; first < ROWS; first += 1000) {
      const pipeline = raw.pipeline()
      for (let number = first; number < first + 1000; number++) pipeline.hset(`raw:${number}`, ...fieldsOf(number))
      await pipeline.exec()
    }
  })
  print('insertMany', oursMs, 'HSET in pipelines of 1,000, no index', peerMs, peerMs / oursMs)
  console.log(`  ${Math.round(ROWS / (oursMs / 1000)).toLocaleString('en')} rows/s`)
}

const benchSave = async (raw: Redis): Promise<void> => {
  const visits = await Visit.limit(1000).get()
  let turn = 0
  const save = async (): Promise<void> => {
    turn++
    for (const visit of visits.slice(0, 500)) {
      await visit.update({ country: `U${turn % 7}`, device: `E${turn % 7}`, userId: (turn * 31 + visit.userId) % 1000 })
    }
  }
  const hset = async (): Promise<void> => {
    turn++
    for (let number = 0; number < 500; number++) await raw.hset(`raw:${number}`, ...fieldsOf(number + turn))
  }
  const { oursMs, peerMs, ratio } = await interleaved(5, save, hset)
  print('500 updates, 3 indexed attributes changed', oursMs, '500 HSET', peerMs, ratio)
}

const benchReads = async (raw: Redis): Promise<void> => {
  const page = await interleaved(
    9,
    () => Visit.where('country', '=', 'C3').limit(100).get(),
    async () => {
      for (let number = 0; number < 100; number++) await raw.hgetall(`raw:${number}`)
    },
  )
  print('page of 100 by an index', page.oursMs, '100 HGETALL, one after the other', page.peerMs, page.ratio)
  const find = await interleaved(
    9,
    async () => {
      for (let number = 0; number < 300; number++) await Visit.find(`v${String(number).padStart(8, '0')}`)
    },
    async () => {
      for (let number = 0; number < 300; number++) await raw.hgetall(`raw:${number}`)
    },
  )
  print('300 find', find.oursMs, '300 HGETALL', find.peerMs, find.ratio)
}

const benchSearch = async (raw: Redis): Promise<void> => {
  const scan = async (): Promise<number> => {
    let cursor = '0'
    let found = 0
    do {
      const [next, keys] = await raw.scan(cursor, 'MATCH', 'raw:*', 'COUNT', 1000)
      cursor = next
      const pipeline = raw.pipeline()
      for (const key of keys) pipeline.hgetall(key)
      for (const [, reply] of (await pipeline.exec()) ?? []) {
        const record = reply as Record<string, string>
        if (record.country === 'C3' && record.device === 'D2') found++
      }
    } while (cursor !== '0')
    return found
  }
  const where = () => Visit.where('country', '=', 'C3').where('device', '=', 'D2')
  const all = await interleaved(3, () => where().get(), scan)
  print('two equalities, all 2,000 records', all.oursMs, 'SCAN + HGETALL + filter', all.peerMs, all.ratio)
  const limited = await interleaved(3, () => where().limit(100).get(), scan)
  print('two equalities, limit 100', limited.oursMs, 'SCAN + HGETALL + filter', limited.peerMs, limited.ratio)
  const count = await interleaved(3, () => where().count(), scan)
  print('two equalities, count', count.oursMs, 'SCAN + HGETALL + filter', count.peerMs, count.ratio)
}
