import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, jest } from '@jest/globals'
import type * as ActiveRedis from '../../src/index.js'
import { Attribute, ConnectionManager, Entity, Model, Searchable } from '../../src/index.js'
import { openTarget, targetUrl } from '../support/open-target.js'
import { type RedisServer, startRedisServer } from '../support/redis-server.js'
import { unavailableReason } from '../support/targets.js'
import { describeItems, describePlainItems } from './support/describe-items.js'
import { RecordedConnections } from './support/recorded-connections.js'
import { workWithoutNewerCommands } from './support/work-without-newer-commands.js'

@Entity({ timestamps: false, prefix: 'visits' })
class Visit extends Model {
  declare id: string
  @Attribute({ cast: 'string' }) @Searchable() declare ip: string | null
}

/** The files of src/, with their text. */
async function sources(): Promise<readonly (readonly [string, string])[]> {
  const root = join(__dirname, '../../src')
  const files = (await readdir(root, { recursive: true })).filter((file) => file.endsWith('.ts'))
  return Promise.all(files.map(async (file) => [file, await readFile(join(root, file), 'utf8')] as const))
}

/** Commands that came after Redis 6.2, or that managed services refuse. */
const refused =
  /^(CONFIG|MODULE|DEBUG|HEXPIRE|HPEXPIRE|HTTL|HPTTL|HPERSIST|HEXPIREAT|HGETEX|HSETEX|EXPIRETIME|PEXPIRETIME|ZINTERCARD|SINTERCARD|LMPOP|ZMPOP|SPUBLISH|FUNCTION|FCALL|EVAL_RO|EVALSHA_RO|SORT_RO|FT\..*|JSON\..*)$/

describeItems(
  [Visit],
  (item) => {
    item(
      'X2',
      {
        promise: 'It works with ioredis 5 and 6.',
        verdict: 'mended',
        on: ['redis', 'cluster', 'indexed'],
        why: 'Connections ask for RESP2 themselves, so that replies have one shape whatever a client’s default is. The embedded server speaks RESP3 too.',
      },
      async (store) => {
        const url = targetUrl(store.target)
        const versions: string[] = []
        const loaded: string[] = []
        for (const name of ['ioredis', 'ioredis-5']) {
          await jest.isolateModulesAsync(async () => {
            jest.doMock('ioredis', () => {
              loaded.push(name)
              return jest.requireActual(name)
            })
            const { version } = jest.requireActual<{ version: string }>(`${name}/package.json`)
            versions.push(version.split('.')[0]!)
            const library: typeof ActiveRedis = require('../../src/index.js')
            class Row extends library.Model {
              declare id: string
              declare text: string
            }
            library.Searchable()(Row.prototype, 'text')
            library.Attribute({ cast: 'string' })(Row.prototype, 'text')
            const connections = new library.ConnectionManager({})
            connections.define('default', url)
            library.Model.useConnections(connections)
            Row.setRepository(store.repository)
            try {
              await Row.insertMany(
                Array.from({ length: 30 }, (_, number) => ({ id: `r${number}`, text: `t${number % 3}` })),
              )
              const row = await Row.findOrFail('r4')
              await row.update({ text: 'é' })
              await row.setExpiry(1000)
              expect([await Row.where('text', 'é').ids(), await Row.where('text', 't1').count()]).toEqual([['r4'], 9])
              expect((await row.getExpiry())?.valueOf()).toBeGreaterThan(Date.now())
              expect(await Row.query().latest().limit(1).ids()).toHaveLength(1)
              const health = await connections.health('default')
              expect([health.ok, health.unownedSlots]).toEqual([true, 0])
              expect(await Row.truncate()).toBe(30)
            } finally {
              await connections.closeAll()
              jest.dontMock('ioredis')
            }
          })
        }
        expect([versions, loaded]).toEqual([
          ['6', '5'],
          ['ioredis', 'ioredis-5'],
        ])
      },
    )

    item(
      'X3',
      {
        promise: 'Requests declare their keys and are grouped by node; every script has a key.',
        verdict: 'same',
        defects: ['D44', 'D52'],
        on: ['cluster', 'indexed'],
      },
      async (store) => {
        const connections = new RecordedConnections(store.connections)
        Model.useConnections(connections)
        try {
          await Visit.insertMany(Array.from({ length: 40 }, (_, number) => ({ id: `v${number}`, ip: `ip${number}` })))
          await Visit.findMany(Array.from({ length: 40 }, (_, number) => `v${number}`))
          await (await Visit.findOrFail('v1')).update({ ip: 'x' })
          await Visit.where('ip', 'x').get()
          await Visit.truncate()
        } finally {
          Model.useConnections(store.connections)
        }
        const scripts = connections.requests.filter((request) => request.type === 'script')
        expect(scripts.length).toBeGreaterThan(0)
        for (const { keys } of scripts) expect(keys.length).toBeGreaterThan(0)
      },
    )

    item(
      'X4',
      {
        promise: 'It needs no module, no CONFIG, and no command that is newer than Redis 6.2.',
        verdict: 'same',
        on: ['redis', 'cluster', 'indexed'],
        why: 'Where a newer command is quicker, a script tries it and does without: tested as a user who may call no newer one. The tests run on Redis 7.0, and on Redis 7 and Valkey 8 containers where there are any.',
      },
      async (store) => {
        const connection = await openTarget(store.target)
        const connections = new RecordedConnections(store.connections)
        Model.useConnections(connections)
        try {
          await Visit.insertMany([
            { id: 'a', ip: 'x' },
            { id: 'b', ip: 'y' },
          ])
          const visit = await Visit.findOrFail('a')
          await visit.update({ ip: 'z' })
          await visit.setExpiry(100)
          await visit.getExpiry()
          await Visit.where('ip', 'z').count()
          await Visit.where('ip', '*').get()
          await Visit.truncate()
        } finally {
          Model.useConnections(store.connections)
          await connection.close()
        }
        const guarded = [...connections.commandNames()].filter((name) => refused.test(name))
        for (const name of guarded) {
          const source = connections.requests
            .flatMap((request) => (request.type === 'script' ? [request.script.source] : []))
            .join('\n')
          expect(source).toMatch(new RegExp(`redis\\.pcall\\(\\s*['"]${name}`, 'i'))
        }
        for (const request of connections.requests)
          if (request.type === 'command') expect(request.name).not.toMatch(refused)
        if (store.target.kind === 'redis-server') await workWithoutNewerCommands(store)
      },
    )
  },
  ['redis', 'cluster', 'indexed'],
)

const hasRedis = unavailableReason('redis-server') === undefined

describePlainItems((item, defect) => {
  let server: RedisServer | null = null
  let directory = ''
  beforeAll(async () => {
    if (!hasRedis) return
    directory = await mkdtemp(join(tmpdir(), 'checklist-'))
    const openssl = promisify(execFile)
    await openssl('openssl', [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
      ...['-keyout', join(directory, 'key.pem'), '-out', join(directory, 'cert.pem')],
      ...['-subj', '/CN=cache.example', '-addext', 'subjectAltName=DNS:cache.example'],
    ])
      .then(
        async () => {
          const files = ['--tls-cert-file', join(directory, 'cert.pem'), '--tls-key-file', join(directory, 'key.pem')]
          const ca = await readFile(join(directory, 'cert.pem'), 'utf8')
          server = await startRedisServer({
            args: [
              '--requirepass',
              'p@ss',
              ...files,
              '--tls-ca-cert-file',
              join(directory, 'cert.pem'),
              '--tls-auth-clients',
              'no',
            ],
            tlsArgs: (port) => ['--tls-port', String(port)],
            clientOptions: { password: 'p@ss', tls: { ca, servername: 'cache.example' } },
          })
        },
        () => {},
      )
      .catch(() => {})
  }, 60_000)
  afterAll(async () => {
    await server?.stop()
    if (directory !== '') await rm(directory, { recursive: true, force: true })
  })

  item(
    'Y13',
    {
      promise:
        'TLS, a password, several seeds and addresses behind NAT are options of a connection, and a health check tells how it is.',
      verdict: 'mended',
      why: 'Options have one name in URLs and objects; docs/connections.md has examples, tests/connections the details.',
    },
    async () => {
      const connections = new ConnectionManager({})
      connections.define('nat', {
        kind: 'cluster',
        nodes: [
          { host: 'seed-1.invalid', port: 6379 },
          { host: 'seed-2.invalid', port: 6379 },
        ],
        password: 'secret',
        tls: true,
        natMap: { '10.0.0.5:6379': { host: '127.0.0.1', port: 1 } },
        retryForMs: 0,
        connectTimeoutMs: 500,
      })
      const away = await connections.health('nat')
      expect([away.ok, away.problem === null]).toEqual([false, false])
      expect(JSON.stringify(away)).not.toContain('secret')
      if (server !== null) {
        connections.define('tls', {
          kind: 'standalone',
          host: '127.0.0.1',
          port: server.port,
          password: 'p@ss',
          tls: { caFile: join(directory, 'cert.pem'), servername: 'cache.example' },
        })
        const health = await connections.health('tls')
        expect([health.ok, health.nodes.length, health.problem]).toEqual([true, 1, null])
        const connection = await connections.connection('tls')
        expect(await connection.send({ type: 'command', name: 'SET', keys: ['a'], args: ['1'] })).toBe('OK')
      }
      await connections.closeAll()
    },
  )

  defect('D57', {}, async () => {
    for (const [file, text] of await sources()) {
      expect([file, /NODE_ENV|JEST_WORKER_ID|['"`]test:|isTest\b/.test(text)]).toEqual([file, false])
    }
  })

  defect('D62', {}, async () => {
    const check = await readFile(join(__dirname, '../../scripts/check/documentation.mjs'), 'utf8')
    const steps = await readFile(join(__dirname, '../../scripts/check.mjs'), 'utf8')
    expect(check).toContain('docs/')
    expect(steps).toContain('documentation: checkDocumentation')
  })

  defect('D46', {}, async () => {
    const pipeline = await readFile(join(__dirname, '../../.ci/run'), 'utf8')
    expect(pipeline).toContain('REQUIRE_REDIS=1 npm test')
  })
})
