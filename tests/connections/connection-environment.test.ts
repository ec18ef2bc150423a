import { describe, expect, test } from '@jest/globals'
import { type Environment, optionsFromEnvironment } from '../../src/connections/connection-environment.js'
import { ConfigurationError } from '../../src/errors/connection-errors.js'

describe('the environment says how to connect', () => {
  test.each<[string, Environment, object | undefined]>([
    ['nothing', {}, undefined],
    ['empty counts as unset', { ACTIVEREDIS_URL: '', REDIS_URL: '', REDIS_HOST: '' }, undefined],
    ['REDIS_URL', { REDIS_URL: 'redis://h:1' }, { kind: 'standalone', host: 'h', port: 1 }],
    [
      'ACTIVEREDIS_URL comes first',
      { ACTIVEREDIS_URL: 'redis+cluster://c:2', REDIS_URL: 'redis://h:1', REDIS_HOST: 'other' },
      { kind: 'cluster', nodes: [{ host: 'c', port: 2 }] },
    ],
    ['REDIS_HOST', { REDIS_HOST: 'h' }, { kind: 'standalone', host: 'h', port: 6379, database: 0 }],
    [
      'all parts',
      {
        REDIS_HOST: 'h',
        REDIS_PORT: '7000',
        REDIS_DB: '2',
        REDIS_USERNAME: 'u',
        REDIS_PASSWORD: 'p',
        REDIS_TLS: 'true',
        REDIS_KEY_PREFIX: 'app:',
      },
      {
        kind: 'standalone',
        host: 'h',
        port: 7000,
        database: 2,
        username: 'u',
        password: 'p',
        tls: true,
        keyPrefix: 'app:',
      },
    ],
    [
      'REDIS_CLUSTER_NODES',
      { REDIS_CLUSTER_NODES: 'a:1, b:2', REDIS_HOST: 'ignored', REDIS_PASSWORD: 'p' },
      {
        kind: 'cluster',
        nodes: [
          { host: 'a', port: 1 },
          { host: 'b', port: 2 },
        ],
        password: 'p',
      },
    ],
    [
      'the prefix of a URL wins',
      { REDIS_URL: 'redis://h:1?keyPrefix=url:', REDIS_KEY_PREFIX: 'env:' },
      { kind: 'standalone', host: 'h', port: 1, keyPrefix: 'url:' },
    ],
    [
      'a URL without prefix takes the one of the environment',
      { REDIS_URL: 'redis://h:1', REDIS_KEY_PREFIX: 'env:' },
      { kind: 'standalone', host: 'h', port: 1, keyPrefix: 'env:' },
    ],
  ])('%s', (_, environment, options) => {
    expect(optionsFromEnvironment(environment)).toEqual(options)
  })

  test.each<[Environment, string]>([
    [{ REDIS_URL: 'http://h' }, 'REDIS_URL: '],
    [{ REDIS_HOST: 'h', REDIS_PORT: 'http' }, "REDIS_PORT is 'http', expected a whole number"],
    [{ REDIS_HOST: 'h', REDIS_PORT: '0' }, 'option port is 0'],
    [{ REDIS_HOST: 'h', REDIS_TLS: 'yes' }, "REDIS_TLS is 'yes', expected true or false"],
    [{ REDIS_CLUSTER_NODES: 'a' }, "REDIS_CLUSTER_NODES has 'a', expected host:port"],
    [{ REDIS_HOST: 'h', REDIS_KEY_PREFIX: '{x}' }, "option keyPrefix is '{x}'"],
  ])('%j is refused: %s', (environment, message) => {
    expect(() => optionsFromEnvironment(environment)).toThrow(ConfigurationError)
    expect(() => optionsFromEnvironment(environment)).toThrow(message)
  })
})
