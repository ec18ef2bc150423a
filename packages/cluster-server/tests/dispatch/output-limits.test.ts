import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { exchange } from '../support/raw-exchange.js'
import { describeBesideRedis, ServerPair } from '../support/server-pair.js'

const VALUE_BYTES = 16 * 1024
const encode = (...words: readonly string[]): string =>
  `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`

describeBesideRedis('answers that are long together', () => {
  let pair: ServerPair
  beforeAll(async () => {
    pair = await ServerPair.start()
    await pair.ask(['SET', 'k', 'x'.repeat(VALUE_BYTES)])
  })
  afterAll(() => pair?.close())

  /** What comes back for so many GET that arrive at once. */
  const read = async (count: number): Promise<{ readonly bytes: number; readonly closed: boolean }[]> => {
    const chunk = encode('GET', 'k').repeat(count)
    const ports = [pair.node.address.port, pair.redis.port]
    const exchanges = await Promise.all(ports.map((port) => exchange(port, [chunk])))
    return exchanges.map(({ text, closed }) => ({ bytes: text.length, closed }))
  }

  test.each([1, 4, 5, 40, 400])('%d answers of 16 KiB arrive whole', async (count) => {
    const [ours, real] = await read(count)
    expect(ours).toEqual(real)
    expect(ours).toEqual({ bytes: count * (VALUE_BYTES + '$16384\r\n\r\n'.length), closed: false })
  })

  test.each([
    ['more than the limit', 30, true],
    ['less than the limit', 5, false],
  ])('of answers that are %s a client with a hard limit gets what Redis lets it have', async (_name, count, closes) => {
    await pair.ask(['CONFIG', 'SET', 'client-output-buffer-limit', 'normal 200000 0 0'])
    try {
      const [ours, real] = await read(count)
      expect(ours).toEqual(real)
      expect(ours?.closed).toBe(closes)
    } finally {
      await pair.ask(['CONFIG', 'SET', 'client-output-buffer-limit', 'normal 0 0 0'])
    }
  })
})
