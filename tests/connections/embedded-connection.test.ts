import { connect } from 'node:net'
import { afterEach, describe, expect, jest, test } from '@jest/globals'
import type { Connection } from '../../src/connections/connection.js'
import { ConnectionManager } from '../../src/connections/connection-manager.js'
import { unavailableReason } from '../support/targets.js'

const isListening = (address: string): Promise<boolean> =>
  new Promise((resolve) => {
    const [host = '', port = ''] = address.split(':')
    const socket = connect(Number(port), host)
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('close', () => socket.destroy())
    socket.once('connect', () => socket.end())
  })

const set = (connection: Connection, value: string): Promise<unknown> =>
  connection.send({ type: 'command', name: 'SET', keys: ['key'], args: [value] })
const get = (connection: Connection): Promise<unknown> =>
  connection.send({ type: 'command', name: 'GET', keys: ['key'], args: [] })

const reason = unavailableReason('embedded-cluster')
if (reason === undefined) {
  describe('an embedded connection', () => {
    const connections = new ConnectionManager({})
    afterEach(() => connections.closeAll())

    test('is a cluster of its own, which ends with it', async () => {
      connections.define('one', { kind: 'embedded', primaries: 3 })
      connections.define('two', 'embedded://?primaries=1')
      const [one, again, two] = await Promise.all([
        connections.connection('one'),
        connections.connection('one'),
        connections.connection('two'),
      ])
      expect(again).toBe(one)
      expect([one.kind, two.kind]).toEqual(['cluster', 'cluster'])
      await Promise.all([set(one, 'first'), set(two, 'second')])
      expect(await Promise.all([get(one), get(two)])).toEqual(['first', 'second'])
      const [primaries, single] = [await one.primaries(), await two.primaries()]
      expect([primaries.length, single.length]).toEqual([3, 1])

      await Promise.all([connections.close('one'), connections.close('one')])
      expect(await Promise.all(primaries.map((node) => isListening(node.address)))).toEqual([false, false, false])
      expect(await get(two)).toBe('second')
    })

    test('that opens again begins empty', async () => {
      connections.define('again', { kind: 'embedded', primaries: 1 })
      await set(await connections.connection('again'), 'value')
      await connections.close('again')
      expect(await get(await connections.connection('again'))).toBeNull()
    })
  })
} else {
  test.skip(`skipped: ${reason}`, () => {})
}

describe('an embedded connection without its package', () => {
  afterEach(() => {
    jest.resetModules()
  })

  test('says which package is missing', async () => {
    jest.doMock('@activeredis/cluster-server', () => {
      throw Object.assign(new Error("Cannot find package '@activeredis/cluster-server' imported from here"), {
        code: 'ERR_MODULE_NOT_FOUND',
      })
    })
    const { openConnection } = await import('../../src/connections/open-connection.js')
    await expect(openConnection('small', 'embedded://')).rejects.toMatchObject({
      name: 'ConfigurationError',
      message:
        'Connection [small]: an embedded cluster needs the package @activeredis/cluster-server; ' +
        'run: npm install @activeredis/cluster-server',
    })
  })

  test('passes on what is wrong inside the package', async () => {
    jest.doMock('@activeredis/cluster-server', () => {
      throw Object.assign(new Error("Cannot find package 'other'"), { code: 'ERR_MODULE_NOT_FOUND' })
    })
    const { openConnection } = await import('../../src/connections/open-connection.js')
    await expect(openConnection('small', 'embedded://')).rejects.toThrow("Cannot find package 'other'")
  })

  test('a cluster that does not start is a ConnectionError', async () => {
    jest.doMock('@activeredis/cluster-server', () => ({
      startCluster: () => Promise.reject(new Error('no ports left')),
    }))
    const { openConnection } = await import('../../src/connections/open-connection.js')
    await expect(openConnection('small', 'embedded://')).rejects.toMatchObject({
      name: 'ConnectionError',
      message: 'Connection [small]: the embedded cluster did not start: no ports left',
    })
  })
})
