import { createHash } from 'node:crypto'
import { formatDouble } from '../double-text.js'
import type { Database } from '../keyspace/database.js'
import { FIRST_ID, LAST_ID } from '../keyspace/stream-id.js'
import type { StoredValue } from '../keyspace/value.js'

const SIZE = 20
/** The numbers of the types in Redis, which are part of the digest. */
const TYPE_NUMBERS = { string: 0, list: 1, set: 2, zset: 3, hash: 4, stream: 6 } as const

const sha1 = (bytes: Uint8Array): Buffer => createHash('sha1').update(bytes).digest()

const xorBytes = (digest: Buffer, bytes: Uint8Array): void => {
  const hash = sha1(bytes)
  for (let i = 0; i < SIZE; i++) digest[i] = (digest[i] as number) ^ (hash[i] as number)
}

/** Order does not matter. */
const xorText = (digest: Buffer, text: string): void => xorBytes(digest, Buffer.from(text, 'latin1'))

/** Order matters. */
const mixBytes = (digest: Buffer, bytes: Uint8Array): void => {
  xorBytes(digest, bytes)
  sha1(digest).copy(digest)
}

const mixText = (digest: Buffer, text: string): void => mixBytes(digest, Buffer.from(text, 'latin1'))

const mixNumber = (digest: Buffer, value: number): void => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  mixBytes(digest, bytes)
}

/** Adds a pair of a container whose elements have no order. */
const xorPair = (digest: Buffer, one: string, other: string): void => {
  const pair = Buffer.alloc(SIZE)
  mixText(pair, one)
  mixText(pair, other)
  xorBytes(digest, pair)
}

const mixValue = (digest: Buffer, value: StoredValue, hasDeadline: boolean): void => {
  const type = typeof value === 'string' ? 'string' : value.type
  mixNumber(digest, TYPE_NUMBERS[type])
  if (typeof value === 'string') mixText(digest, value)
  else {
    switch (value.type) {
      case 'string':
        mixText(digest, value.text)
        break
      case 'list':
        for (const element of value.slice(0, value.size)) mixText(digest, element)
        break
      case 'set':
        for (const member of value.members()) xorText(digest, member)
        break
      case 'zset': {
        const { members, scores } = value.slice(0, value.size)
        members.forEach((member, index) => {
          xorPair(digest, member, formatDouble(scores[index] as number))
        })
        break
      }
      case 'hash': {
        const pairs = value.pairs()
        for (let i = 0; i < pairs.length; i += 2) xorPair(digest, pairs[i] as string, pairs[i + 1] as string)
        break
      }
      case 'stream':
        for (const { id, content } of value.range(FIRST_ID, LAST_ID)) {
          mixText(digest, `${id.ms}.${id.seq}`)
          for (const text of content) mixText(digest, text)
        }
        break
      default:
        value satisfies never
    }
  }
  if (hasDeadline) xorText(digest, '!!expire!!')
}

/** DEBUG DIGEST: equal for equal data, in whatever order it was written. Source: `debug.c` of Redis 7.0.15. */
export const datasetDigest = (databases: readonly Database[]): string => {
  const total = Buffer.alloc(SIZE)
  for (const database of databases) {
    if (database.size === 0) continue
    mixNumber(total, database.index)
    for (const { key, value, deadline } of database.allEntries()) {
      const digest = Buffer.alloc(SIZE)
      mixText(digest, key)
      mixValue(digest, value, deadline !== null)
      xorBytes(total, digest)
    }
  }
  return total.toString('hex')
}

/** DEBUG DIGEST-VALUE. */
export const valueDigest = (value: StoredValue | undefined, hasDeadline: boolean): string => {
  const digest = Buffer.alloc(SIZE)
  if (value !== undefined) mixValue(digest, value, hasDeadline)
  return digest.toString('hex')
}
