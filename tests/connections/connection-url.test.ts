import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { ConnectionOptions } from '../../src/connections/connection-options.js'
import { formatConnectionUrl, parseConnectionUrl, withoutPassword } from '../../src/connections/connection-url.js'
import { ConfigurationError } from '../../src/errors/connection-errors.js'

const standalone = (more: object = {}) => ({ kind: 'standalone', host: '127.0.0.1', port: 6379, ...more })

describe('a URL is read', () => {
  test.each<[string, object]>([
    ['redis://', standalone()],
    ['redis://localhost', standalone({ host: 'localhost' })],
    ['REDIS://localhost', standalone({ host: 'localhost' })],
    ['redis://:7000', standalone({ port: 7000 })],
    ['redis://10.0.0.1:7000/3', standalone({ host: '10.0.0.1', port: 7000, database: 3 })],
    ['redis://10.0.0.1:7000/', standalone({ host: '10.0.0.1', port: 7000 })],
    ['redis://[::1]:7000', standalone({ host: '::1', port: 7000 })],
    ['redis://user:p%40ss%2Fw%3Aord@h', standalone({ host: 'h', username: 'user', password: 'p@ss/w:ord' })],
    ['redis://:secret@h', standalone({ host: 'h', password: 'secret' })],
    ['redis://h?keyPrefix=app:&retryForMs=0', standalone({ host: 'h', keyPrefix: 'app:', retryForMs: 0 })],
    ['redis://h?keyPrefix=a%26b%20%C3%A9', standalone({ host: 'h', keyPrefix: 'a&b é' })],
    ['redis://h?keyPrefix=123', standalone({ host: 'h', keyPrefix: '123' })],
    [
      'redis://h?replicas=10.0.0.2:7001,[::1]:7002,h3',
      standalone({
        host: 'h',
        replicas: [
          { host: '10.0.0.2', port: 7001 },
          { host: '::1', port: 7002 },
          { host: 'h3', port: 6379 },
        ],
      }),
    ],
    ['rediss://h', standalone({ host: 'h', tls: true })],
    [
      'rediss://h?tls.caFile=/etc/ca.pem&tls.rejectUnauthorized=false',
      standalone({ host: 'h', tls: { caFile: '/etc/ca.pem', rejectUnauthorized: false } }),
    ],
    [
      'redis+cluster://h1:7001,h2,[::1]:7003',
      {
        kind: 'cluster',
        nodes: [
          { host: 'h1', port: 7001 },
          { host: 'h2', port: 6379 },
          { host: '::1', port: 7003 },
        ],
      },
    ],
    [
      'rediss+cluster://u:p@h1:7001?natMap=10.0.0.5:6379>127.0.0.1:7001,10.0.0.6:6379>[::1]:7002',
      {
        kind: 'cluster',
        username: 'u',
        password: 'p',
        tls: true,
        nodes: [{ host: 'h1', port: 7001 }],
        natMap: { '10.0.0.5:6379': { host: '127.0.0.1', port: 7001 }, '10.0.0.6:6379': { host: '::1', port: 7002 } },
      },
    ],
    ['embedded://', { kind: 'embedded' }],
    ['embedded://?primaries=3&replicas=1', { kind: 'embedded', primaries: 3, replicas: 1 }],
    ['embedded://?primaries=1&keyPrefix=a:', { kind: 'embedded', primaries: 1, keyPrefix: 'a:' }],
  ])('%s', (url, options) => {
    expect(parseConnectionUrl(url)).toEqual(options)
  })
})

describe('a URL of another form is refused', () => {
  test.each<[string, string]>([
    ['', 'there is no scheme://host'],
    ['localhost:6379', 'there is no scheme://host'],
    ['redis:/h', 'there is no scheme://host'],
    ['redi://h', 'did you mean redis:?'],
    ['rediscluster://h', 'did you mean redis+cluster:?'],
    ['http://h', 'the scheme is none of redis: rediss: redis+cluster: rediss+cluster: embedded:'],
    ['redis://h1:1,h2:2', "'h1:1,h2:2' is not host:port"],
    ['redis://h:port', "'h:port' is not host:port"],
    ['redis://h:70000', 'option port is 70000'],
    ['redis://h/abc', "option database is 'abc'"],
    ['redis://h?keyprefix=a', 'there is no parameter keyprefix (did you mean keyPrefix?)'],
    ['redis://h?primaries=3', 'there is no parameter primaries (known are keyPrefix'],
    ['redis://h?tls.caFile=/a', 'there is no parameter tls.caFile'],
    ['redis://h?retryForMs=soon', "option retryForMs is 'soon'"],
    ['redis://h?retryForMs=-1', "option retryForMs is '-1'"],
    ['redis://h?keyPrefix=%7Ba%7D', "option keyPrefix is '{a}'"],
    ['rediss://h?tls.rejectUnauthorized=0', "'0' is neither true nor false"],
    ['redis://u%4@h', 'a percent sign is not followed by two hexadecimal digits'],
    ['redis://user@h', 'option username is given without password'],
    ['redis+cluster://h/2', 'a cluster has no database but 0'],
    ['redis+cluster://h?natMap=a:1', "natMap entry 'a:1' is not announced:port>reachable:port"],
    ['embedded://host', 'the embedded cluster has no address'],
    ['embedded://u:p@', 'the embedded cluster has no users'],
    ['embedded://?primaries=0', 'option primaries is 0'],
  ])('%s: %s', (url, message) => {
    expect(() => parseConnectionUrl(url, 'test')).toThrow(ConfigurationError)
    expect(() => parseConnectionUrl(url, 'test')).toThrow(message)
    expect(() => parseConnectionUrl(url, 'test')).toThrow('Connection [test]')
  })

  test('without showing the password', () => {
    expect(() => parseConnectionUrl('redis://user:hunter2@h?nonsense=1')).toThrow('redis://user:***@h?nonsense=1')
    expect(withoutPassword('rediss+cluster://:hunter2@h1,h2/0')).toBe('rediss+cluster://:***@h1,h2/0')
    expect(withoutPassword('redis://h')).toBe('redis://h')
  })
})

/** Drops the keys whose value is undefined. */
const compact = <Value extends object>(value: Value): Value =>
  Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined)) as Value

const optional = <Value>(arbitrary: fc.Arbitrary<Value>) => fc.option(arbitrary, { nil: undefined })
const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }).filter((value) => value.isWellFormed())
const host = fc.oneof(fc.domain(), fc.ipV4(), fc.ipV6())
const port = fc.integer({ min: 1, max: 65_535 })
const address = fc.record({ host, port })
const common = {
  keyPrefix: optional(text.filter((value) => !/[{}]/.test(value))),
  connectTimeoutMs: optional(fc.integer({ min: 1, max: 86_400_000 })),
  requestTimeoutMs: optional(fc.integer({ min: 1, max: 86_400_000 })),
  retryForMs: optional(fc.integer({ min: 0, max: 86_400_000 })),
}
const tls = fc.oneof(
  fc.constant(true),
  fc
    .record({
      caFile: text,
      certFile: optional(text),
      keyFile: optional(text),
      servername: optional(text),
      rejectUnauthorized: optional(fc.boolean()),
    })
    .map(compact),
)
const credentials = optional(fc.record({ username: optional(text), password: text }).map(compact))

const options: fc.Arbitrary<ConnectionOptions> = fc.oneof(
  fc
    .record({
      ...common,
      host,
      port,
      tls: optional(tls),
      credentials,
      database: optional(fc.nat(1_000_000)),
      replicas: optional(fc.array(address, { minLength: 1, maxLength: 3 })),
    })
    .map(({ credentials: security, ...rest }) => compact({ kind: 'standalone' as const, ...rest, ...security })),
  fc
    .record({
      ...common,
      nodes: fc.array(address, { minLength: 1, maxLength: 4 }),
      tls: optional(tls),
      credentials,
      maxRedirections: optional(fc.nat(1000)),
      natMap: optional(
        fc.dictionary(
          fc.tuple(fc.oneof(fc.domain(), fc.ipV4(), fc.ipV6()), port).map(([name, number]) => `${name}:${number}`),
          address,
          { minKeys: 1, maxKeys: 3, noNullPrototype: true },
        ),
      ),
    })
    .map(({ credentials: security, ...rest }) => compact({ kind: 'cluster' as const, ...rest, ...security })),
  fc
    .record({
      ...common,
      primaries: optional(fc.integer({ min: 1, max: 100 })),
      replicas: optional(fc.integer({ min: 0, max: 10 })),
    })
    .map((rest) => compact({ kind: 'embedded' as const, ...rest })),
) as fc.Arbitrary<ConnectionOptions>

describe('options as a URL', () => {
  test('every option survives the way there and back', () => {
    fc.assert(
      fc.property(options, (given) => {
        expect(parseConnectionUrl(formatConnectionUrl(given))).toEqual(given)
      }),
      { numRuns: process.env.FULL === '1' ? 5000 : 500 },
    )
  })

  test('certificates and keys given as text have no place in a URL', () => {
    const given: ConnectionOptions = { kind: 'standalone', tls: { ca: '-----BEGIN CERTIFICATE-----' } }
    expect(() => formatConnectionUrl(given)).toThrow('option tls.ca has no place in a URL; give tls.caFile instead')
  })

  test('any text is either read or refused as a configuration error', () => {
    const noise = fc.oneof(
      fc.string(),
      fc
        .tuple(fc.constantFrom('redis://', 'rediss+cluster://', 'embedded://'), fc.string())
        .map((parts) => parts.join('')),
    )
    fc.assert(
      fc.property(noise, (url) => {
        try {
          parseConnectionUrl(url)
        } catch (error) {
          expect(error).toBeInstanceOf(ConfigurationError)
        }
      }),
    )
  })
})
