import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import { formatDouble, isOutOfRange, parseDouble } from '../../src/double-text.js'
import { addLongDoubles, formatLongDouble, parseLongDouble } from '../../src/long-double.js'
import { describeWithRedisServer } from './own-redis-server.js'
import { Random } from './random.js'
import { WireClient } from './wire-client.js'
import type { WireReply } from './wire-reply.js'
import { Words } from './words.js'

const SAMPLES = process.env.FULL === '1' ? 100_000 : 4000

jest.setTimeout(60_000)

let client: WireClient

const textOf = (reply: WireReply | undefined): string | undefined => (reply?.kind === 'bulk' ? reply.text : undefined)

/** Numbers as they are written: of all sizes, short and long, in decimal and hexadecimal, and edge values. */
const numberText = (words: Words): string => {
  const { random } = words
  const kind = random.below(7)
  if (kind === 0) return words.number()
  if (kind === 1) return String(random.double())
  if (kind === 2) return (random.next() * 10 ** random.below(20)).toFixed(random.below(20))
  if (kind === 3) return `${random.below(1000)}.${String(random.next()).slice(2)}${String(random.next()).slice(2)}`
  if (kind === 4) return `${random.pick(['', '-'])}${random.below(10)}e${random.below(60) - 30}`
  if (kind === 5) return `${random.pick(['', '-'])}0x${random.below(65536).toString(16)}p${random.below(40) - 20}`
  // Halves, quarters and eighths of large integers are where rounding meets exact ties.
  return String(Math.floor(random.next() * 2 ** 50) / random.pick([2, 4, 8]))
}

const samples = (seed: number): string[] => {
  const words = new Words(new Random(seed))
  return Array.from({ length: SAMPLES }, () => numberText(words))
}

describeWithRedisServer((real) => {
  describe('numbers are read and printed as redis-server does', () => {
    beforeAll(async () => {
      client = await WireClient.connect(real.port)
    })

    afterAll(() => client?.close())

    test('scores', async () => {
      const texts = samples(11)
      const replies = await client.send(
        texts.flatMap((text) => [
          ['DEL', 'z'],
          ['ZADD', 'z', text, 'm'],
          ['ZSCORE', 'z', 'm'],
        ]),
      )
      texts.forEach((text, i) => {
        const value = parseDouble(text)
        const accepted = value !== undefined && !Number.isNaN(value) && !isOutOfRange(text, value)
        // A small sorted set has no negative zero.
        const printed = accepted ? formatDouble(value + 0) : undefined
        expect([text, printed]).toEqual([text, textOf(replies[i * 3 + 2])])
      })
    })

    test('sums of INCRBYFLOAT', async () => {
      const first = samples(22)
      const second = samples(33)
      const replies = await client.send(
        first.flatMap((text, i) => [
          ['SET', 's', text],
          ['INCRBYFLOAT', 's', second[i]!],
        ]),
      )
      first.forEach((text, i) => {
        const a = parseLongDouble(text)
        const b = parseLongDouble(second[i]!)
        const sum = a && b && addLongDoubles(a, b)
        expect([text, second[i], sum && formatLongDouble(sum)]).toEqual([text, second[i], textOf(replies[i * 2 + 1])])
      })
    })
  })
})
