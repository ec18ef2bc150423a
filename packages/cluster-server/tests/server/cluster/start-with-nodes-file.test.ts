import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { freePort } from '../../../../../tests/support/free-port.js'
import { until } from '../../../../../tests/support/until.js'
import { formatNodesFile, parseNodesFile } from '../../../src/cluster/nodes-file.js'
import { idOf } from '../../cluster/node-ids.js'
import { entryOf } from '../../cluster/nodes-files.js'
import { type Outcome, type Program, Programs } from '../../support/programs.js'

jest.setTimeout(60_000)

const text = formatNodesFile({
  currentEpoch: 5,
  lastVoteEpoch: 4,
  nodes: [entryOf(1, { flags: 17, configEpoch: 5, slots: [{ start: 0, end: 16383 }] })],
})

let programs: Programs
let path: string

beforeEach(() => {
  programs = new Programs()
  path = join(programs.directory, 'nodes.conf')
  writeFileSync(path, text)
})

afterEach(async () => {
  await programs.endAll()
  programs.remove()
})

const run = async (): Promise<{ program: Program; port: number }> => {
  const port = await freePort()
  return { program: programs.run(['--port', `${port}`, '--cluster-enabled', 'yes', '--save', '']), port }
}

const refused = async (): Promise<Outcome> => (await run()).program.ended

describe('activeredis-server', () => {
  test('goes on as the node that nodes.conf says it is, where it listens now', async () => {
    writeFileSync(path, text.replace('vars', 'vars shards 3'))
    const { program, port } = await run()
    await program.ready()
    const client = programs.client({ port })
    expect(await client.cluster('MYID')).toBe(idOf(1))
    // A primary that comes back waits for two seconds whether others have taken its place.
    await until(async () => (await client.set('k', 'v').catch(() => '')) === 'OK')
    expect(await client.cluster('INFO')).toMatch(/cluster_current_epoch:5\r\n(.*\r\n)*cluster_my_epoch:5\r\n/)
    expect(program.output).toContain("Skipping unknown cluster config variable 'shards'")
    expect(program.output).toContain(`Node configuration loaded, I'm ${idOf(1)}`)
    await client.call('CLUSTER', 'SAVECONFIG')
    expect(readFileSync(path, 'latin1')).toContain(`${idOf(1)} 127.0.0.1:${port}@${port + 10_000} myself,master - `)
  })

  test('does not start with a nodes.conf that was cut off, and leaves it as it is', async () => {
    for (const length of [1, 60, text.indexOf('vars'), text.length - 1]) {
      writeFileSync(path, text.slice(0, length))
      const { status, output } = await refused()
      expect(status).toBe(1)
      expect(output).toContain(`# Unrecoverable error: corrupted cluster config file. ${path}`)
      expect(readFileSync(path, 'latin1')).toBe(text.slice(0, length))
    }
    expect(readdirSync(programs.directory)).toEqual(['nodes.conf'])
  })

  test('does not start with the nodes.conf of a node that runs, and does once that was killed', async () => {
    const first = await (await run()).program.ready()
    const { status, output } = await refused()
    expect(status).toBe(1)
    expect(output).toContain(
      `Sorry, the cluster configuration file ${path} is already used by a different Redis Cluster node.`,
    )
    await first.kill('SIGKILL')
    await (await run()).program.ready()
  })

  test('has in nodes.conf what it answered OK to, whenever it is killed while slots are moved', async () => {
    const other = entryOf(2, { configEpoch: 6, slots: [{ start: 100, end: 16383 }], isConnected: false })
    const own = entryOf(1, { flags: 17, configEpoch: 5, slots: [{ start: 0, end: 99 }] })
    writeFileSync(path, formatNodesFile({ currentEpoch: 6, lastVoteEpoch: 4, nodes: [own, other] }))
    for (const [words, kept] of [
      [['3', 'MIGRATING', idOf(2)], ` connected 0-99 [3->-${idOf(2)}]\n`],
      [['100', 'IMPORTING', idOf(2)], ` connected 0-99 [3->-${idOf(2)}] [100-<-${idOf(2)}]\n`],
      [['3', 'NODE', idOf(2)], ` connected 0-2 4-99 [100-<-${idOf(2)}]\n`],
      [['100', 'NODE', idOf(1)], ' connected 0-2 4-100\n'],
    ] as const) {
      const { program, port } = await run()
      await program.ready()
      const client = programs.client({ port })
      expect(await client.call('CLUSTER', 'SETSLOT', ...words)).toBe('OK')
      await program.kill('SIGKILL')
      client.disconnect()
      expect(readFileSync(path, 'latin1')).toContain(kept)
      expect(parseNodesFile(readFileSync(path, 'latin1')).nodes).toHaveLength(2)
    }
    // The last one was taken under an epoch of its own.
    expect(parseNodesFile(readFileSync(path, 'latin1')).currentEpoch).toBe(7)
  })
})
