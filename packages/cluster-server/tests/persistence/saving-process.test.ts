import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals'
import type { Redis } from 'ioredis'
import { freePort } from '../../../../tests/support/free-port.js'
import { until } from '../../../../tests/support/until.js'
import { type Program, Programs } from '../support/programs.js'
import { describeBesideRedis } from '../support/server-pair.js'

jest.setTimeout(60_000)

interface Scene {
  readonly program: Program
  readonly client: Redis
  readonly directory: string
}

describeBesideRedis('a save in the background', () => {
  let programs: Programs
  beforeAll(() => {
    programs = new Programs()
  })
  afterEach(() => programs.endAll())
  afterAll(() => programs.remove())

  let count = 0
  const start = async (isReal: boolean): Promise<Scene> => {
    const port = await freePort()
    const directory = join(programs.directory, `${++count}`)
    mkdirSync(directory)
    const words = ['--port', `${port}`, '--dir', directory, '--save', '3600 100', '--rdb-key-save-delay', '10000000']
    const program = await (isReal ? programs.runReal(words) : programs.run(words)).ready()
    const client = programs.client({ port })
    for (const key of ['a', 'b', 'c']) await client.set(key, 'v')
    return { program, client, directory }
  }

  /** The process that the log names. */
  const writerOf = async ({ program }: Scene, job: string): Promise<number> => {
    await until(() => program.output.includes(`${job} started by pid`))
    const pid = Number(new RegExp(`${job} started by pid (\\d+)`).exec(program.output)?.[1])
    expect(pid).not.toBe(program.pid)
    return pid
  }

  const idle = async ({ client }: Scene): Promise<void> => {
    await until(async () => !/(rdb_bgsave|aof_rewrite)_in_progress:1/.test(await client.info('persistence')))
  }

  const both = async (scenario: (scene: Scene) => Promise<unknown>): Promise<void> => {
    const [ours, real] = await Promise.all([false, true].map(async (isReal) => scenario(await start(isReal))))
    expect(ours).toEqual(real)
  }

  test.each(['SIGKILL', 'SIGUSR1'] as const)(
    'is done by a process that %s ends, and is a failure unless it was asked for',
    (signal) =>
      both(async (scene) => {
        const { program, client, directory } = scene
        const seen: unknown[] = [await client.bgsave()]
        const pid = await writerOf(scene, 'Background saving')
        await until(() => existsSync(join(directory, `temp-${pid}.rdb`)))
        process.kill(pid, signal)
        await idle(scene)
        seen.push(/Background saving terminated by signal \d+/.exec(program.output)?.[0])
        seen.push(/rdb_last_bgsave_status:\w+/.exec(await client.info('persistence'))?.[0])
        seen.push(await client.set('d', 'v').catch((error: Error) => error.message))
        return [...seen, readdirSync(directory)]
      }),
  )

  test('takes its temporary file along when the server ends', () =>
    both(async (scene) => {
      const { program, client, directory } = scene
      await client.bgsave()
      await writerOf(scene, 'Background saving')
      client.call('SHUTDOWN', 'NOSAVE').catch(() => {})
      return [(await program.ended).status, readdirSync(directory)]
    }))

  test('is loaded by the next server', () =>
    both(async (scene) => {
      const { client, directory } = scene
      await client.config('SET', 'rdb-key-save-delay', '0')
      await client.bgsave()
      await idle(scene)
      await client.config('SET', 'save', '')
      await client.call('DEBUG', 'RELOAD').catch(() => {})
      return [readdirSync(directory), /rdb_last_bgsave_status:\w+/.exec(await client.info('persistence'))?.[0]]
    }))

  test('is a rewrite of the append-only file, too', () =>
    both(async (scene) => {
      const { program, client } = scene
      const seen: unknown[] = [await client.bgrewriteaof()]
      const pid = await writerOf(scene, 'Background append only file rewriting')
      process.kill(pid, 'SIGKILL')
      await idle(scene)
      seen.push(/Background AOF rewrite terminated by signal \d+/.exec(program.output)?.[0])
      return [...seen, /aof_last_bgrewrite_status:\w+/.exec(await client.info('persistence'))?.[0]]
    }))
})
