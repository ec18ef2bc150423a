import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { freePort } from '../../../../tests/support/free-port.js'
import { until } from '../../../../tests/support/until.js'
import { Node } from '../../src/index.js'
import { WireClient } from '../differential/wire-client.js'
import { type Program, Programs } from '../support/programs.js'
import { describeBesideRedis } from '../support/server-pair.js'

let programs: Programs
beforeAll(() => {
  programs = new Programs()
})
afterEach(() => programs.endAll())
afterAll(() => programs.remove())

type Start = (words: readonly string[]) => Program
const start: Start = (words) => programs.run(words)

const settings = (port: number): string[] => [
  ...['--port', String(port), '--save', '', '--enable-debug-command', 'yes', '--crash-memcheck-enabled', 'no'],
]

/** How the program ended, and the line that says why, without its name and version. */
const crashOf = async (start: Start, cause: readonly string[] | 'SIGABRT'): Promise<unknown[]> => {
  const port = await freePort()
  const program = await start(settings(port)).ready()
  const client = programs.client({ port })
  await client.ping()
  if (cause === 'SIGABRT') await program.kill(cause)
  else await expect(client.call(cause[0] as string, ...cause.slice(1))).rejects.toThrow()
  const { signal, output } = await program.ended
  const sections = ['STACK TRACE', 'INFO OUTPUT', 'CLIENT LIST OUTPUT'].filter((title) =>
    output.includes(`-- ${title}`),
  )
  return [signal, /crashed by signal: \d+/.exec(output)?.[0], sections]
}

describeBesideRedis('a crash', () => {
  test('ends the program by its signal, and is reported with INFO and the clients', async () => {
    for (const cause of ['SIGABRT', ['DEBUG', 'SEGFAULT']] as const) {
      const [ours, real] = [await crashOf(start, cause), await crashOf((words) => programs.runReal(words), cause)]
      expect([cause, ...ours]).toEqual([cause, ...real])
    }
  })

  test('that is asked for as a panic or a failed assertion ends the program by SIGABRT', async () => {
    for (const cause of [
      ['DEBUG', 'PANIC'],
      ['DEBUG', 'ASSERT'],
    ]) {
      const [[ours], [real]] = [await crashOf(start, cause), await crashOf((words) => programs.runReal(words), cause)]
      expect([cause, ours]).toEqual([cause, real])
    }
  })
})

test('a crash is reported to the log file, and not at all with crash-log-enabled no', async () => {
  for (const isEnabled of [true, false]) {
    const port = await freePort()
    const file = join(programs.directory, `${isEnabled}.log`)
    const program = programs.run([
      ...settings(port),
      '--logfile',
      file,
      ...(isEnabled ? [] : ['--crash-log-enabled', 'no']),
    ])
    await until(() => existsSync(file) && readFileSync(file, 'latin1').includes('Ready to accept'))
    await program.kill('SIGABRT')
    expect(readFileSync(file, 'latin1').includes('crashed by signal: 6')).toBe(isEnabled)
  }
})

test('a crash of an embedded node ends the node and not the program around it', async () => {
  const node = new Node({ settings: { port: 0, 'enable-debug-command': 'yes' }, log: () => {} })
  const { port } = await node.listen()
  const client = await WireClient.connect(port)
  await expect(client.call('DEBUG', 'SEGFAULT')).rejects.toThrow()
  await expect(WireClient.connect(port)).rejects.toThrow()
  await node.close()
})
