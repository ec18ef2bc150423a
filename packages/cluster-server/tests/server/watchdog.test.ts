import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { startNode } from '@activeredis/cluster-server'
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import type { Redis } from 'ioredis'
import { freePort } from '../../../../tests/support/free-port.js'
import { until } from '../../../../tests/support/until.js'
import { WireClient } from '../differential/wire-client.js'
import { type Program, Programs } from '../support/programs.js'
import { describeBesideRedis } from '../support/server-pair.js'

const BEGINS = '--- WATCHDOG TIMER EXPIRED ---'
/** What is said of each turn when it is over. */
const endsIn = (text: string): string[] =>
  text.match(/Nobody was served for \d+ milliseconds\. The client that was active last: id=\d+ .*/g) ?? []

/** Longer than a busy machine keeps a process from going on: each report is counted. */
const PERIOD_MS = 800
/** The event loop stands still for longer. */
const SLEEP = ['DEBUG', 'SLEEP', '2'] as const
const LOOP = [
  'EVAL',
  `local function now() local time = redis.call('TIME'); return time[1] * 1000000 + time[2] end
   local start = now()
   while now() - start < 2000000 do end
   return 'done'`,
  '0',
]

let programs: Programs
beforeAll(() => {
  programs = new Programs()
})
afterEach(() => programs.endAll())
afterAll(() => programs.remove())

const count = (text: string, part: string): number => text.split(part).length - 1

const start = async (
  ...settings: readonly string[]
): Promise<{ readonly program: Program; readonly client: Redis }> => {
  const port = await freePort()
  const words = ['--port', String(port), '--save', '', '--enable-debug-command', 'yes', ...settings]
  const program = await programs.run(words).ready()
  return { program, client: programs.client({ port }) }
}

describeBesideRedis('watchdog-period', () => {
  test('has the limits of redis-server, from the start and later', async () => {
    const seen: unknown[][] = []
    for (const isReal of [false, true]) {
      const port = await freePort()
      const words = ['--port', String(port), '--watchdog-period', '50']
      await (isReal ? programs.runReal(words) : programs.run(words)).ready()
      const client = programs.client({ port })
      const answers: unknown[] = [await client.config('GET', 'watchdog-period')]
      const changes = [
        ['watchdog-period', '199'],
        ['watchdog-period', '201'],
        ['hz', '100'],
        ['watchdog-period', '30'],
        ['watchdog-period', '1'],
        ['hz', '10'],
        ['watchdog-period', '-1'],
        ['watchdog-period', '0'],
      ] as const
      for (const [name, value] of changes) {
        answers.push(await client.config('SET', name, value).catch(String))
        answers.push(await client.config('GET', 'watchdog-period'))
      }
      answers.push(await client.config('GET', 'watchdog*'))
      seen.push(answers)
    }
    expect(seen[0]).toEqual(seen[1])
  })
})

describe('a program that is watched', () => {
  test('reports each turn that takes longer than the period, once, with where it was and how long it took', async () => {
    const { program, client } = await start('--watchdog-period', String(PERIOD_MS))
    for (const [index, command] of [SLEEP, LOOP, SLEEP].entries()) {
      await client.call(command[0] as string, ...command.slice(1))
      await until(() => endsIn(program.output).length === index + 1)
      await until(() => count(program.output, ') --------\n') === index + 1)
      expect(count(program.output, `\n${BEGINS}\n`)).toBe(index + 1)
    }
    const reports = program.output.split(`${BEGINS}\n`).slice(1)
    for (const report of reports) expect(report).toMatch(/^\n------ STACK TRACE ------\n {4}at .*\n( {4}at .*\n)+\n/)
    expect(reports[0]).toMatch(/at sleep\d* \(/)
    expect(endsIn(program.output).map((line) => / cmd=(\S+)/.exec(line)?.[1])).toEqual(['debug', 'eval', 'debug'])
  })

  test('is watched from when the period is set until it is 0', async () => {
    const { program, client } = await start()
    await client.call(...SLEEP)
    await client.config('SET', 'watchdog-period', PERIOD_MS)
    await client.call(...SLEEP)
    await until(() => endsIn(program.output).length === 1)
    await client.config('SET', 'watchdog-period', '0')
    await client.call(...SLEEP)
    await client.ping()
    expect(count(program.output, BEGINS)).toBe(1)
  })

  test('reports to its log file, while the turn goes on', async () => {
    const file = join(programs.directory, 'watched.log')
    const port = await freePort()
    programs.run([
      '--port',
      String(port),
      '--logfile',
      file,
      '--watchdog-period',
      String(PERIOD_MS),
      '--busy-reply-threshold',
      '50',
    ])
    const read = (): string => readFileSync(file, 'latin1')
    await until(() => {
      try {
        return read().includes('Ready to accept')
      } catch {
        return false
      }
    })
    const client = programs.client({ port })
    const other = programs.client({ port })
    await other.ping()
    const stopped = client.eval(`while true do end`, 0).catch(String)
    await until(() => count(read(), BEGINS) === 1)
    await until(() => read().includes('STACK TRACE'))
    expect(await other.call('SCRIPT', 'KILL')).toBe('OK')
    expect(await stopped).toContain('killed')
    await until(() => endsIn(read()).length === 1)
    expect(count(read(), BEGINS)).toBe(1)
  })
})

test('a watched node of another program reports through its log', async () => {
  const lines: string[] = []
  const node = await startNode({
    port: 0,
    settings: { 'enable-debug-command': 'yes', 'watchdog-period': PERIOD_MS },
    log: (level, message) => void lines.push(`${level} ${message}`),
  })
  const client = await WireClient.connect(node.port)
  await client.call(...SLEEP)
  await until(() => lines.some((line) => line.endsWith('--------')))
  await until(() => lines.some((line) => endsIn(line).length === 1))
  expect(lines.filter((line) => line.startsWith(`warning ${BEGINS}\n`)).length).toBe(1)
  client.close()
  await node.close()
})

/** A primary that sends its copy when it is told to. */
class SlowPrimary {
  readonly #server: Server
  socket: Socket | null = null

  constructor() {
    this.#server = createServer((socket) => {
      socket.on('error', () => {})
      socket.on('data', (chunk) => this.#answer(socket, chunk.toString('latin1')))
    })
  }

  async listen(): Promise<number> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    return (this.#server.address() as AddressInfo).port
  }

  close(): void {
    this.socket?.destroy()
    this.#server.close()
  }

  #answer(socket: Socket, text: string): void {
    for (const [word] of text.matchAll(/PING|REPLCONF|PSYNC/g)) {
      if (word === 'PING') socket.write('+PONG\r\n')
      else if (word === 'REPLCONF') socket.write('+OK\r\n')
      else {
        socket.write(`+FULLRESYNC ${'a'.repeat(40)} 0\r\n$EOF:${'m'.repeat(40)}\r\nREDIS00`, 'latin1')
        this.socket = socket
      }
    }
  }
}

test('a copy that comes slowly is reported once: commands wait for it', async () => {
  const primary = new SlowPrimary()
  const primaryPort = await primary.listen()
  try {
    const { program, client } = await start(
      ...['--watchdog-period', String(PERIOD_MS), '--repl-diskless-load', 'on-empty-db'],
      ...['--replicaof', '127.0.0.1', String(primaryPort)],
    )
    await until(() => program.output.includes('# --------\n'))
    expect(program.output).toMatch(
      /# The copy of the primary is being loaded \(\d+ bytes have come\), for \d+ milliseconds by now: commands wait for its end, or are refused\.\n.* # --------\n/,
    )
    expect(await client.info('persistence')).toContain('loading:1')
    primary.socket?.write(`10\xff${'\0'.repeat(8)}${'m'.repeat(40)}`, 'latin1')
    await until(async () => (await client.info('replication')).includes('master_link_status:up'))
    expect([count(program.output, BEGINS), await client.dbsize()]).toEqual([1, 0])
    expect(program.output).not.toContain('Reconnecting to MASTER')
  } finally {
    primary.close()
  }
})
