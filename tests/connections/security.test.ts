import { execFile, spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Request } from '../../src/connections/connection.js'
import { openConnection } from '../../src/connections/open-connection.js'
import { ConfigurationError, ConnectionError } from '../../src/errors/connection-errors.js'
import { startRedisCluster } from '../support/redis-cluster.js'
import { type RedisServer, startRedisServer } from '../support/redis-server.js'
import { describeTargets } from '../support/targets.js'
import { until } from '../support/until.js'

const set: Request = { type: 'command', name: 'SET', keys: ['a'], args: ['1'] }

describeTargets(['redis-server'], () => {
  describe('password and user', () => {
    let server: RedisServer
    beforeAll(async () => {
      server = await startRedisServer({
        args: ['--requirepass', 'p@ss/word', '--user', 'app', 'on', '>app:pass', '~app:*', '+@all'],
        clientOptions: { password: 'p@ss/word' },
      })
    })
    afterAll(() => server.stop())

    test('a password opens the connection', async () => {
      const connection = await openConnection('p', `redis://:p%40ss%2Fword@127.0.0.1:${server.port}`)
      expect(await connection.send(set)).toBe('OK')
      await connection.close()
    })

    test('a user opens the connection, and his rules hold', async () => {
      const url = `redis://app:app%3Apass@127.0.0.1:${server.port}`
      const connection = await openConnection('u', url)
      await expect(connection.send(set)).rejects.toMatchObject({ replyCode: 'NOPERM' })
      await connection.close()
      const prefixed = await openConnection('u', `${url}?keyPrefix=app:`)
      expect(await prefixed.send(set)).toBe('OK')
      await prefixed.close()
    })

    test.each([
      ['', 'NOAUTH'],
      [':wrong@', 'WRONGPASS'],
      ['app:wrong@', 'WRONGPASS'],
    ])(
      'with %j the connection does not open, and the message has the server’s reason but no password',
      async (credentials, code) => {
        const opening = openConnection('p', `redis://${credentials}127.0.0.1:${server.port}`)
        const error = await opening.catch((reason: unknown) => reason)
        expect(error).toBeInstanceOf(ConnectionError)
        expect((error as Error).message).toContain(code)
        expect((error as Error).message).not.toContain('wrong@')
      },
    )

    test('a database that does not exist is refused rather than replaced by another', async () => {
      const opening = openConnection('d', `redis://:p%40ss%2Fword@127.0.0.1:${server.port}/99`)
      await expect(opening).rejects.toThrow('refuses the connection: ERR DB index is out of range')
    })

    test('a database keeps its keys to itself', async () => {
      const url = `redis://:p%40ss%2Fword@127.0.0.1:${server.port}`
      const [zero, five] = [await openConnection('d', url), await openConnection('d', `${url}/5`)]
      await zero.send({ type: 'command', name: 'DEL', keys: ['a'], args: [] })
      await five.send(set)
      expect(await zero.send({ type: 'command', name: 'EXISTS', keys: ['a'], args: [] })).toBe(0)
      await zero.close()
      await five.close()
    })
  })
})

describeTargets(['redis-cluster'], () => {
  test('a cluster with a password opens, and every node is asked with it', async () => {
    const cluster = await startRedisCluster({
      replicas: 0,
      args: ['--requirepass', 'secret', '--masterauth', 'secret'],
      clientOptions: { password: 'secret' },
    })
    try {
      const connection = await openConnection('p', cluster.url.replace('://', '://:secret@'))
      const keys = Array.from({ length: 30 }, (_, index) => `k${index}`)
      const outcomes = await connection.execute(keys.map((key) => ({ ...set, keys: [key] })))
      expect(outcomes.every((outcome) => outcome.ok)).toBe(true)
      expect(await connection.primaries()).toHaveLength(3)
      await connection.close()
      await expect(openConnection('p', cluster.url)).rejects.toThrow('NOAUTH')
    } finally {
      await cluster.stop()
    }
  }, 60_000)

  test('nodes behind NAT are reached through the map', async () => {
    const cluster = await startRedisCluster({ replicas: 0, nodeTimeoutMs: 800 })
    const clients = cluster.nodes.map((node) => node.client())
    try {
      // Names that nobody resolves stand for addresses that nobody reaches.
      await Promise.all(
        clients.map(async (client, index) => {
          await client.config('SET', 'cluster-announce-hostname', `node${index}.invalid`)
          await client.config('SET', 'cluster-preferred-endpoint-type', 'hostname')
        }),
      )
      await until(async () => {
        const views = await Promise.all(clients.map((client) => client.cluster('SLOTS')))
        return views.every((view) => JSON.stringify(view).split('.invalid').length === 4)
      })
      const nodes = cluster.nodes.map(({ host, port }) => ({ host, port }))
      const natMap = Object.fromEntries(nodes.map((node, index) => [`node${index}.invalid:${node.port}`, node]))
      const connection = await openConnection('nat', { kind: 'cluster', nodes: nodes.slice(0, 1), natMap })
      const keys = Array.from({ length: 30 }, (_, index) => `k${index}`)
      const outcomes = await connection.execute(keys.map((key) => ({ ...set, keys: [key] })))
      expect(outcomes.every((outcome) => outcome.ok)).toBe(true)
      expect((await connection.primaries()).map((node) => node.address).sort()).toEqual(
        nodes.map((node) => `${node.host}:${node.port}`).sort(),
      )
      await connection.close()

      const unmapped = await openConnection('nat', { kind: 'cluster', nodes: nodes.slice(0, 1), retryForMs: 50 })
      await expect(unmapped.primaries()).rejects.toThrow('.invalid')
      await unmapped.close()

      // Without any endpoint a node is reached under the address where it was asked.
      for (const client of clients) await client.config('SET', 'cluster-preferred-endpoint-type', 'unknown-endpoint')
      const unknown = await openConnection('nat', { kind: 'cluster', nodes })
      const answered = await unknown.execute(keys.map((key) => ({ ...set, keys: [key] })))
      expect(answered.every((outcome) => outcome.ok)).toBe(true)
      await unknown.close()
    } finally {
      for (const client of clients) client.disconnect()
      await cluster.stop()
    }
  }, 60_000)
})

/** Why there is no TLS here; null when there is. redis-cli and redis-server are built with the same options. */
const tlsProblem = (): string | null => {
  if (spawnSync('openssl', ['version']).status !== 0) return 'openssl is not on the path'
  const { stdout, stderr } = spawnSync('redis-cli', ['--help'], { encoding: 'utf8' })
  return `${stdout}${stderr}`.includes('--tls') ? null : 'redis-server was built without TLS'
}

describeTargets(['redis-server'], () => {
  describe('TLS', () => {
    const problem = tlsProblem()
    if (problem !== null) {
      test.skip(`skipped: ${problem}`, () => {})
      return
    }
    let directory: string
    let port: number
    let server: RedisServer
    beforeAll(async () => {
      directory = await mkdtemp(join(tmpdir(), 'activeredis-tls-'))
      const [key, cert] = [join(directory, 'key.pem'), join(directory, 'cert.pem')]
      const subject = ['-subj', '/CN=redis.test', '-addext', 'subjectAltName=DNS:redis.test']
      const kind = ['-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2']
      await promisify(execFile)('openssl', ['req', ...kind, '-keyout', key, '-out', cert, ...subject])
      server = await startRedisServer({
        tlsArgs: (tlsPort) => [
          ...['--tls-port', String(tlsPort), '--tls-cert-file', cert, '--tls-key-file', key],
          ...['--tls-ca-cert-file', cert, '--tls-auth-clients', 'no'],
        ],
        clientOptions: { tls: { rejectUnauthorized: false } },
      })
      port = server.port
    })
    afterAll(async () => {
      await server.stop()
      await rm(directory, { recursive: true, force: true })
    })

    test('a server with a certificate of our own authority is trusted', async () => {
      const ca = encodeURIComponent(join(directory, 'cert.pem'))
      const url = `rediss://127.0.0.1:${port}?tls.caFile=${ca}&tls.servername=redis.test`
      const connection = await openConnection('tls', url)
      expect(await connection.send(set)).toBe('OK')
      await connection.close()
      const inline = await openConnection('tls', {
        kind: 'standalone',
        port,
        tls: { ca: await readFile(join(directory, 'cert.pem'), 'utf8'), servername: 'redis.test' },
      })
      expect(await inline.send(set)).toBe('OK')
      await inline.close()
    })

    test('a certificate of an unknown authority or for another name is refused', async () => {
      await expect(openConnection('tls', `rediss://127.0.0.1:${port}`)).rejects.toThrow('self-signed certificate')
      const ca = encodeURIComponent(join(directory, 'cert.pem'))
      await expect(openConnection('tls', `rediss://127.0.0.1:${port}?tls.caFile=${ca}`)).rejects.toThrow(/altnames/)
    })

    test('rejectUnauthorized=false accepts it', async () => {
      const connection = await openConnection('tls', `rediss://127.0.0.1:${port}?tls.rejectUnauthorized=false`)
      expect(await connection.send(set)).toBe('OK')
      await connection.close()
    })

    test('a file that cannot be read is named', async () => {
      const opening = openConnection('tls', `rediss://127.0.0.1:${port}?tls.caFile=/does/not/exist.pem`)
      await expect(opening).rejects.toBeInstanceOf(ConfigurationError)
      await expect(openConnection('tls', `rediss://127.0.0.1:${port}?tls.caFile=/does/not/exist.pem`)).rejects.toThrow(
        "option tls.caFile names '/does/not/exist.pem'",
      )
    })

    test('plain text to a TLS port does not open', async () => {
      await expect(openConnection('plain', `redis://127.0.0.1:${port}?requestTimeoutMs=500`)).rejects.toBeInstanceOf(
        ConnectionError,
      )
    })
  })
})
