import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals'
import type { Redis } from 'ioredis'
import { freePort } from '../../../../tests/support/free-port.js'
import { type Program, Programs } from '../support/programs.js'
import { describeBesideRedis } from '../support/server-pair.js'

jest.setTimeout(60_000)

let programs: Programs
beforeAll(() => {
  programs = new Programs({ bindsAsItLikes: true })
})
afterEach(() => programs.endAll())
afterAll(() => programs.remove())

interface Server {
  readonly name: string
  readonly start: (words: readonly string[]) => Program
}

const SERVERS: readonly Server[] = [
  { name: 'ours', start: (words) => programs.run(words) },
  { name: 'real', start: (words) => programs.runReal(words) },
]

const bindLines = (file: string): string[] =>
  readFileSync(file, 'latin1')
    .split('\n')
    .filter((line) => line.startsWith('bind'))

const isReachable = async (port: number): Promise<boolean> => {
  try {
    return (await programs.client({ port }).ping()) === 'PONG'
  } catch {
    return false
  }
}

const converse = async ({ name, start }: Server): Promise<unknown[]> => {
  const port = await freePort()
  const path = join(programs.directory, `${name}.sock`)
  const file = programs.write(`${name}.conf`, `port ${port}\nunixsocket ${path}\nsave ""\nbind * -::*\n`)
  const seen: unknown[] = []
  const look = async (client: Redis): Promise<void> => {
    seen.push(await client.config('GET', 'bind'), await isReachable(port))
    await client.config('REWRITE')
    seen.push(bindLines(file))
  }

  const program = await start([file]).ready()
  const client = programs.client({ path })
  await look(client)
  await client.config('SET', 'bind', '')
  await look(client)
  await program.kill('SIGTERM')
  await start([file]).ready()
  const later = programs.client({ path })
  await look(later)
  await later.config('SET', 'bind', '127.0.0.1')
  await look(later)
  await later.config('SET', 'bind', '*')
  await look(later)
  return seen
}

describeBesideRedis('the program', () => {
  test('listens where bind says, everywhere without it and nowhere when it is empty, and CONFIG REWRITE writes it', async () => {
    const [ours, real] = await Promise.all(SERVERS.map(converse))
    expect(ours).toEqual(real)
  })

  test('listens everywhere by default', async () => {
    const [ours, real] = await Promise.all(
      SERVERS.map(async ({ start }) => {
        const port = await freePort()
        await start(['--port', String(port), '--save', '']).ready()
        const client = programs.client({ port })
        return [await client.config('GET', 'bind'), await client.config('GET', 'protected-mode')]
      }),
    )
    expect(ours).toEqual(real)
  })
})

test('a cluster node that listens everywhere names the address by which it was reached', async () => {
  const port = await freePort()
  await programs.run(['--port', String(port), '--cluster-enabled', 'yes']).ready()
  const client = programs.client({ port })
  await client.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383')
  expect(await client.call('CLUSTER', 'NODES')).toMatch(new RegExp(`^[0-9a-f]{40} :${port}@\\d+ myself,master`))
  expect(await client.call('CLUSTER', 'SLOTS')).toEqual([[0, 16383, ['127.0.0.1', port, expect.any(String), []]]])
  expect(JSON.stringify(await client.call('CLUSTER', 'SHARDS'))).toContain('"ip","127.0.0.1","endpoint","127.0.0.1"')
})
