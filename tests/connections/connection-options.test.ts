import { describe, expect, test } from '@jest/globals'
import { checkConnectionOptions } from '../../src/connections/check-connection-options.js'
import { openConnection } from '../../src/connections/open-connection.js'
import { ConfigurationError } from '../../src/errors/connection-errors.js'
import { ScriptedServer } from '../support/scripted-server.js'

const nodes = [{ host: 'a', port: 1 }]

describe('options that can work are accepted', () => {
  test.each<[string, object]>([
    ['one server, all by default', { kind: 'standalone' }],
    ['undefined counts as absent', { kind: 'standalone', host: undefined, password: undefined }],
    [
      'one server with everything',
      {
        kind: 'standalone',
        host: '::1',
        port: 65_535,
        database: 15,
        replicas: [{ host: 'b', port: 2 }],
        username: 'u',
        password: 'p',
        tls: { caFile: '/ca.pem', rejectUnauthorized: true, servername: 'x' },
        keyPrefix: 'app:',
        connectTimeoutMs: 1,
        requestTimeoutMs: 1,
        retryForMs: 0,
      },
    ],
    ['a cluster', { kind: 'cluster', nodes, natMap: { '10.0.0.1:6379': { host: 'b', port: 2 } }, maxRedirections: 0 }],
    ['an embedded cluster', { kind: 'embedded', primaries: 1, replicas: 0 }],
  ])('%s', (_, options) => {
    expect(() => checkConnectionOptions('test', options)).not.toThrow()
  })
})

describe('options that cannot work are refused with the name and the value', () => {
  test.each<[object | null, string]>([
    [null, 'options must be an object or a URL, got null'],
    [[], 'options must be an object or a URL, got []'],
    [{}, 'option kind is undefined, expected one of standalone, cluster, embedded'],
    [
      { kind: 'clustr' },
      "option kind is 'clustr', expected one of standalone, cluster, embedded; did you mean 'cluster'?",
    ],
    [{ kind: 'standalone', port: 0 }, 'option port is 0, expected a whole number from 1 to 65535'],
    [{ kind: 'standalone', port: 65_536 }, 'option port is 65536'],
    [{ kind: 'standalone', port: '6379' }, "option port is '6379', expected a whole number from 1 to 65535"],
    [{ kind: 'standalone', port: 1.5 }, 'option port is 1.5'],
    [{ kind: 'standalone', host: '' }, "option host is '', expected a text that is not empty"],
    [{ kind: 'standalone', database: -1 }, 'option database is -1'],
    [{ kind: 'standalone', hots: 'a' }, 'there is no option hots; did you mean host?'],
    [{ kind: 'standalone', keyprefix: 'a' }, 'there is no option keyprefix; did you mean keyPrefix?'],
    [{ kind: 'standalone', colour: 'a' }, 'there is no option colour; known are kind, keyPrefix'],
    [{ kind: 'standalone', nodes }, 'there is no option nodes'],
    [{ kind: 'standalone', __proto__: null, constructor: 1 }, 'there is no option constructor'],
    [{ kind: 'standalone', keyPrefix: 'a{b}:' }, "option keyPrefix is 'a{b}:', expected a text without { and }"],
    [{ kind: 'standalone', retryForMs: -1 }, 'option retryForMs is -1, expected a whole number of milliseconds from 0'],
    [{ kind: 'standalone', connectTimeoutMs: Number.NaN }, 'option connectTimeoutMs is NaN'],
    [{ kind: 'standalone', username: 'u' }, 'option username is given without password'],
    [{ kind: 'standalone', password: 7 }, 'option password is (hidden), expected a text'],
    [{ kind: 'standalone', tls: 'yes' }, "option tls is 'yes', expected true, false or an object of TLS options"],
    [{ kind: 'standalone', tls: { cafile: 'x' } }, 'there is no option tls.cafile; did you mean tls.caFile?'],
    [{ kind: 'standalone', tls: { key: 5 } }, 'option tls.key is (hidden), expected a text'],
    [{ kind: 'standalone', tls: { rejectUnauthorized: 'no' } }, "option tls.rejectUnauthorized is 'no'"],
    [{ kind: 'standalone', replicas: 'b:2' }, "option replicas is 'b:2', expected a list of { host, port }"],
    [{ kind: 'standalone', replicas: [{ host: 'b', port: 0 }] }, 'option replicas[0].port is 0'],
    [{ kind: 'cluster', nodes, replicas: [] }, 'there is no option replicas'],
    [{ kind: 'cluster' }, 'option nodes is missing'],
    [{ kind: 'cluster', nodes: [] }, 'option nodes is [], expected a list of at least one { host, port }'],
    [{ kind: 'cluster', nodes: ['a:1'] }, "entry 0 is 'a:1'"],
    [{ kind: 'cluster', nodes: [{ host: 'a' }] }, 'option nodes[0].port is missing'],
    [
      { kind: 'cluster', nodes: [{ host: 'a', prot: 1 }] },
      'there is no option nodes[0].prot; did you mean nodes[0].port?',
    ],
    [{ kind: 'cluster', nodes, database: 1 }, 'there is no option database'],
    [{ kind: 'cluster', nodes, natMap: { a: { host: 'b', port: 1 } } }, "keys of the form host:port (one is 'a')"],
    [{ kind: 'cluster', nodes, natMap: { 'a:1': { host: 'b' } } }, 'option natMap[a:1].port is missing'],
    [{ kind: 'cluster', nodes, maxRedirections: 1e9 }, 'option maxRedirections is 1000000000'],
    [{ kind: 'embedded', primaries: 0 }, 'option primaries is 0, expected a whole number from 1 to 100'],
    [{ kind: 'embedded', host: 'a' }, 'there is no option host'],
  ])('%j: %s', (options, message) => {
    expect(() => checkConnectionOptions('test', options)).toThrow(ConfigurationError)
    expect(() => checkConnectionOptions('test', options)).toThrow(message)
    expect(() => checkConnectionOptions('test', options)).toThrow('Connection [test]')
  })

  test('a secret is never part of a message', () => {
    for (const options of [
      { kind: 'standalone', password: { secret: 'hunter2' } },
      { kind: 'standalone', tls: { key: ['hunter2'] } },
      { kind: 'standalone', tls: { cert: ['hunter2'] } },
    ]) {
      expect(() => checkConnectionOptions('test', options)).not.toThrow('hunter2')
    }
  })

  test('no socket opens', async () => {
    const server = await ScriptedServer.open(() => '+PONG\r\n')
    const options = { kind: 'standalone', port: server.port, keyPrefix: '{' } as const
    await expect(openConnection('test', options)).rejects.toThrow(ConfigurationError)
    await expect(openConnection('test', `redis://127.0.0.1:${server.port}?kePrefix=a`)).rejects.toThrow(
      ConfigurationError,
    )
    await server.close()
    expect(server.received).toEqual([])
  })
})
