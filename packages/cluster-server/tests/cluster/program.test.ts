import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals'
import type { Redis } from 'ioredis'
import { freePort } from '../../../../tests/support/free-port.js'
import { until } from '../../../../tests/support/until.js'
import { type Outcome, type Program, Programs } from '../support/programs.js'
import { describeBesideRedis } from '../support/server-pair.js'

jest.setTimeout(120_000)

let programs: Programs
let directory: string

beforeAll(() => {
  programs = new Programs()
  directory = programs.directory
})

afterEach(() => programs.endAll())

afterAll(() => programs.remove())

const run = (words: readonly string[], input?: string): Program => programs.run(words, input)

const clientOf = (port: number, password?: string): Redis =>
  programs.client({ port, ...(password !== undefined && { password }) })

const write = (name: string, text: string): string => programs.write(name, text)

describe('activeredis-server', () => {
  test('says what it is, and how it is used', async () => {
    expect(await run(['--version']).ended).toMatchObject({
      status: 0,
      output: expect.stringMatching(/^ActiveRedis server v=\d/),
    })
    expect(await run(['-h']).ended).toMatchObject({
      status: 0,
      output: expect.stringContaining('Usage: activeredis-server'),
    })
  })

  test.each(['SIGTERM', 'SIGINT'] as const)('serves until %s, which ends it with status 0', async (signal) => {
    const port = await freePort()
    const pidFile = join(directory, 'server.pid')
    const program = await run(['--port', String(port), '--pidfile', pidFile]).ready()
    expect(readFileSync(pidFile, 'utf8').trim()).toBe(String(program.pid))
    expect(await clientOf(port).set('k', 'v')).toBe('OK')
    const { status, output } = await program.kill(signal)
    expect(status).toBe(0)
    expect(output).toMatch(/^\d+:M \d\d \w{3} \d{4} \d\d:\d\d:\d\d\.\d{3} \* Ready to accept connections$/m)
    expect(output).toContain(`Received ${signal} scheduling shutdown...`)
    expect(existsSync(pidFile)).toBe(false)
  })

  test('ends with status 0 when a client sends SHUTDOWN', async () => {
    const port = await freePort()
    const program = await run(['--port', String(port)]).ready()
    clientOf(port)
      .call('SHUTDOWN')
      .catch(() => {})
    expect((await program.ended).status).toBe(0)
  })

  test('reads a file, files that it includes, standard input and options, the later the stronger', async () => {
    const port = await freePort()
    write('part-1.conf', 'maxmemory 1mb\nset-max-intset-entries 7\n')
    write('part-2.conf', 'hash-max-listpack-entries 9\n')
    const file = write(
      'server.conf',
      [
        '# a comment',
        '   port 1',
        `INCLUDE "${join(directory, 'part-*.conf')}"`,
        'include nothing-matches-*.conf',
        `requirepass 'it''s'`.replace("it''s", "it\\'s"),
        'save 3600 1',
        'save 60 100',
        'client-output-buffer-limit normal 1mb 512kb 9',
        'maxmemory 2mb',
        'io-threads 1',
        '',
      ].join('\n'),
    )
    const program = run(
      [file, '--port', String(port), '--maxmemory-policy', 'allkeys-lru', '-'],
      'timeout 44\nmaxmemory 3mb',
    )
    await program.ready()
    const client = clientOf(port, "it's")
    const settings: Record<string, string> = {
      maxmemory: '3145728',
      timeout: '44',
      save: '3600 1 60 100',
      'maxmemory-policy': 'allkeys-lru',
      'set-max-intset-entries': '7',
      'hash-max-listpack-entries': '9',
    }
    for (const [name, value] of Object.entries(settings))
      expect(await client.config('GET', name)).toEqual([name, value])
    const [, limits] = (await client.config('GET', 'client-output-buffer-limit')) as string[]
    expect(limits).toContain('normal 1048576 524288 9 slave 268435456')
    expect(program.output).toContain('Settings without effect on this server: io-threads')
  })

  test('follows a primary from the start', async () => {
    const [port, primaryPort] = [await freePort(), await freePort()]
    await run(['--port', String(primaryPort)]).ready()
    await clientOf(primaryPort).set('k', 'v')
    const program = await run(['--port', String(port), '--replicaof', '127.0.0.1', String(primaryPort)]).ready()
    expect(program.output).toMatch(/:S .* Ready to accept connections/)
    const primary = clientOf(primaryPort)
    expect(await primary.set('later', 'v')).toBe('OK')
    await until(async () => (await primary.wait(1, 1000)) === 1, 30_000)
    expect(await clientOf(port).mget('k', 'later')).toEqual(['v', 'v'])
    expect(await clientOf(primaryPort).info('replication')).toContain(`slave0:ip=127.0.0.1,port=${port},state=online`)
  })

  test('is a cluster node without slots, until it is given all of them', async () => {
    const port = await freePort()
    // Slots of keys that others have left in the directory would be its own.
    await run(['--port', String(port), '--cluster-enabled', 'yes', '--dbfilename', `${port}.rdb`]).ready()
    const client = clientOf(port)
    await expect(client.set('k', 'v')).rejects.toThrow('CLUSTERDOWN Hash slot not served')
    expect(await client.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383')).toBe('OK')
    expect(await client.set('k', 'v')).toBe('OK')
  })

  test('goes on in the background with daemonize yes', async () => {
    const port = await freePort()
    const pidFile = join(directory, 'daemon.pid')
    write('daemon.conf', `port ${port}\ndaemonize yes\npidfile ${pidFile}\ndir ${tmpdir()}\n`)
    expect(await run(['daemon.conf']).ended).toMatchObject({ status: 0 })
    await until(() => existsSync(pidFile) && readFileSync(pidFile, 'utf8').endsWith('\n'))
    const pid = Number(readFileSync(pidFile, 'utf8'))
    expect(await clientOf(port).ping()).toBe('PONG')
    process.kill(pid, 'SIGTERM')
    await until(() => !existsSync(pidFile))
  })

  test('ends with status 1 when its port is taken, and says so', async () => {
    const squatter = createServer()
    const port = await new Promise<number>((resolve) => {
      squatter.listen(0, '127.0.0.1', () => resolve((squatter.address() as { port: number }).port))
    })
    try {
      const { status, output } = await run(['--port', String(port)]).ended
      expect(status).toBe(1)
      expect(output).toContain(`Failed listening on port ${port} (TCP), aborting.`)
    } finally {
      squatter.close()
    }
  })
})

describe('a wrong configuration', () => {
  /** The complaint without the name of the program. */
  const complaint = ({ output }: Outcome): string =>
    output
      .slice(output.indexOf('***'))
      .replace(/\(ActiveRedis, Redis 7\.0\.15\)|\(Redis 7\.0\.15\)/, '')
      .trim()

  const CASES: readonly (readonly string[])[] = [
    ['--port', 'x'],
    ['--port', '70000'],
    ['--port'],
    ['--port', '1', '2'],
    ['--prt', '7001'],
    ['--save', '1'],
    ['--maxmemory-policy', 'sometimes'],
    ['--client-output-buffer-limit', 'x'],
    ['--maxmemory', '1x'],
    ['--cluster-enabled', 'maybe'],
    ['--cluster-enabled', 'yes', '--replicaof', '127.0.0.1', '7001'],
    ['--replicaof', '127.0.0.1'],
    ['--replicaof', '127.0.0.1', 'x'],
    ['--replicaof', '127.0.0.1 70000'],
    ['wrong.conf'],
    ['quotes.conf'],
    ['--appendonly', 'no', '--loglevel', '--port'],
  ]

  describeBesideRedis('beside redis-server', () => {
    test('is refused in its words, with its line and value, and status 1', async () => {
      write('wrong.conf', '# one\n\nport 7001\n  maxclients   none # here\n')
      write('quotes.conf', 'requirepass "open\n')
      for (const words of CASES) {
        const [ours, real] = await Promise.all([run(words).ended, programs.runReal(words).ended])
        expect([words, ours.status, complaint(ours)]).toEqual([words, real.status, complaint(real)])
      }
    })
  })

  test('names a file that cannot be read, and what this server cannot do', async () => {
    expect(await run(['missing.conf']).ended).toMatchObject({
      status: 1,
      output: expect.stringContaining("can't open config file 'missing.conf'"),
    })
    write('loop.conf', 'include loop.conf\n')
    expect((await run(['loop.conf']).ended).output).toContain('include nests deeper than 16 files')
    expect(await run(['--tls-port', '7001']).ended).toMatchObject({
      status: 1,
      output: expect.stringContaining("'tls-port' is not supported by this server"),
    })
  })
})
