import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from '@jest/globals'
import { Database } from '../../src/keyspace/database.js'
import { detach } from '../../src/keyspace/detach.js'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

const CHUNK_BYTES = 64 * 1024
const CHUNKS = 2000

/** Heap that is held by what `keep` stores of slices of many network chunks. */
const heapHeldBy = (keep: (slice: string) => void): number => {
  collectGarbage()
  const before = process.memoryUsage().heapUsed
  for (let i = 0; i < CHUNKS; i++) {
    const chunk = Buffer.alloc(CHUNK_BYTES, i % 251).toString('latin1')
    keep(chunk.substring(100, 130))
  }
  collectGarbage()
  return process.memoryUsage().heapUsed - before
}

test('a detached text does not keep the chunk that it was cut from', () => {
  const kept: string[] = []
  expect(heapHeldBy((slice) => kept.push(detach(slice)))).toBeLessThan(8 * 1024 * 1024)
  expect(kept).toHaveLength(CHUNKS)
})

test('a key of a database does not keep the chunk that it was cut from', () => {
  const database = new Database({ index: 0 })
  expect(heapHeldBy((slice) => database.set(slice, ''))).toBeLessThan(8 * 1024 * 1024)
  expect(database.size).toBe(251)
})

test.each([0, 12, 13, 5000, 20_000, 70_000, 2_000_000])('a text of %d bytes is the same text afterwards', (length) => {
  const text = Buffer.from(Array.from({ length }, (_, i) => (i * 7) & 0xff)).toString('latin1')
  expect(detach(text.substring(0))).toBe(text)
})
