import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { CommandDecoder } from '../../src/resp/command-decoder.js'
import { ProtocolError } from '../../src/resp/protocol-error.js'

const LIMITS = { maxBulkBytes: 512 * 1024 * 1024, authenticated: true }

const decode = (chunks: readonly Buffer[], limits = LIMITS): string[][] => {
  const decoder = new CommandDecoder(limits)
  const commands: string[][] = []
  for (const chunk of chunks) {
    decoder.push(chunk)
    for (let argv = decoder.next(); argv !== undefined; argv = decoder.next()) commands.push(argv)
  }
  return commands
}

const encode = (commands: readonly (readonly string[])[]): string =>
  commands.map((argv) => `*${argv.length}\r\n${argv.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`).join('')

const latin1 = fc.string({
  unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)),
  maxLength: 40,
})

describe('CommandDecoder', () => {
  test('finds the same commands however the bytes are cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(latin1, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 6 }),
        fc.array(fc.nat(400), { maxLength: 12 }),
        (commands, cuts) => {
          const text = encode(commands)
          const places = [...new Set([0, ...cuts.filter((cut) => cut < text.length), text.length])].sort(
            (a, b) => a - b,
          )
          const chunks = places.slice(1).map((end, i) => Buffer.from(text.slice(places[i], end), 'latin1'))
          expect(decode(chunks)).toEqual(commands)
        },
      ),
    )
  })

  test('waits for a long bulk string without holding up what follows', () => {
    const value = 'v'.repeat(300_000)
    const bytes = Buffer.from(encode([['SET', 'k', value], ['PING']]), 'latin1')
    const chunks = Array.from({ length: Math.ceil(bytes.length / 1000) }, (_, i) =>
      bytes.subarray(i * 1000, (i + 1) * 1000),
    )
    expect(decode(chunks)).toEqual([['SET', 'k', value], ['PING']])
  })

  test('knows how many bytes it holds', () => {
    const decoder = new CommandDecoder(LIMITS)
    decoder.push(Buffer.from('*1\r\n$4\r\nPI'))
    expect(decoder.next()).toBeUndefined()
    expect(decoder.bufferedBytes).toBe(2)
    decoder.push(Buffer.from('NG\r\n'))
    expect(decoder.next()).toEqual(['PING'])
    expect(decoder.bufferedBytes).toBe(0)
  })

  test('lifts the limits of a client that logged in', () => {
    const limits = { maxBulkBytes: 1024 * 1024, authenticated: false }
    expect(() => decode([Buffer.from('*11\r\n')], limits)).toThrow(
      new ProtocolError('unauthenticated multibulk length'),
    )
    limits.authenticated = true
    expect(decode([Buffer.from(encode([Array.from({ length: 11 }, String)]))], limits)).toHaveLength(1)
  })

  test.each([
    ['*', 'too big mbulk count string'],
    ['a', 'too big inline request'],
    ['*1\r\n$', 'too big bulk count string'],
  ])('refuses a line after %j that does not end', (start, reason) => {
    expect(() => decode([Buffer.from(start + '1'.repeat(70_000))])).toThrow(`ERR Protocol error: ${reason}`)
  })

  test('refuses a bulk string above proto-max-bulk-len before it arrives', () => {
    const limits = { maxBulkBytes: 1024, authenticated: true }
    expect(() => decode([Buffer.from('*1\r\n$1025\r\n')], limits)).toThrow('ERR Protocol error: invalid bulk length')
  })
})
