import { afterEach, describe, expect, test } from '@jest/globals'
import { ConnectionManager } from '../../src/connections/connection-manager.js'
import { ConfigurationError, ConnectionError } from '../../src/errors/connection-errors.js'
import { ScriptedServer } from '../support/scripted-server.js'

describe('connections by name', () => {
  const open: { close(): Promise<void> }[] = []
  const closing = <Resource extends { close(): Promise<void> }>(resource: Resource): Resource => {
    open.unshift(resource)
    return resource
  }
  afterEach(async () => {
    for (const resource of open.splice(0)) await resource.close()
  })
  const server = async (): Promise<ScriptedServer> => closing(await ScriptedServer.open(() => '+PONG\r\n'))
  const manager = (environment = {}): ConnectionManager => {
    const connections = new ConnectionManager(environment)
    closing({ close: () => connections.closeAll() })
    return connections
  }

  test('defining opens nothing; asking opens once, however many ask at the same time', async () => {
    const { port, received } = closing(await ScriptedServer.open(() => '+PONG\r\n'))
    const connections = manager()
    connections.define('main', `redis://127.0.0.1:${port}`)
    expect(received).toEqual([])
    const asked = await Promise.all(Array.from({ length: 20 }, () => connections.connection('main')))
    expect(new Set(asked).size).toBe(1)
    expect(received.filter((line) => line === 'PING')).toHaveLength(1)
    expect(await connections.connection('main')).toBe(asked[0])
  })

  test('a failure to open is not remembered', async () => {
    const target = await ScriptedServer.open(() => '+PONG\r\n')
    const { port } = target
    await target.close()
    const connections = manager()
    connections.define('main', `redis://127.0.0.1:${port}`)
    await expect(connections.connection('main')).rejects.toBeInstanceOf(ConnectionError)
    await expect(connections.connection('main')).rejects.toBeInstanceOf(ConnectionError)
  })

  test('the default is the one named so, or the one that is chosen', async () => {
    const [first, second] = [await server(), await server()]
    const connections = manager()
    connections.define('default', `redis://127.0.0.1:${first.port}`)
    connections.define('other', `redis://127.0.0.1:${second.port}`)
    expect((await connections.connection()).name).toBe('default')
    connections.setDefault('other')
    expect((await connections.connection()).name).toBe('other')
    expect(connections.names).toEqual(['default', 'other'])
  })

  test('without a definition the environment decides, at the moment of the first use', async () => {
    const { port } = await server()
    const environment: Record<string, string> = {}
    const connections = manager(environment)
    environment.REDIS_URL = `redis://127.0.0.1:${port}?keyPrefix=env:`
    expect((await connections.connection()).keyPrefix).toBe('env:')
  })

  test('without a word from the environment it is the server on this machine', () => {
    expect(manager().options()).toEqual({ kind: 'standalone', host: '127.0.0.1', port: 6379 })
  })

  test('an unknown name is refused with the nearest known one', async () => {
    const connections = manager()
    connections.define('cluster', 'redis+cluster://127.0.0.1:1')
    await expect(connections.connection('clsuter')).rejects.toThrow(
      'There is no connection [clsuter]; did you mean [cluster]?',
    )
    await expect(connections.connection('production')).rejects.toThrow('defined are: cluster')
    await expect(connections.connection('')).rejects.toBeInstanceOf(ConfigurationError)
  })

  test('a name is defined once; replace changes it and closes the old connection', async () => {
    const [first, second] = [await server(), await server()]
    const connections = manager()
    connections.define('main', `redis://127.0.0.1:${first.port}`)
    const before = await connections.connection('main')
    expect(() => connections.define('main', `redis://127.0.0.1:${second.port}`)).toThrow('use replace() to change it')
    await expect(connections.replace('main', 'redis://h?x=1')).rejects.toBeInstanceOf(ConfigurationError)
    expect(await connections.connection('main')).toBe(before)
    await connections.replace('main', `redis://127.0.0.1:${second.port}`)
    await expect(before.send({ type: 'command', name: 'PING', keys: [], args: [] })).rejects.toBeInstanceOf(
      ConnectionError,
    )
    const after = await connections.connection('main')
    expect(await after.send({ type: 'command', name: 'PING', keys: [], args: [] })).toBe('PONG')
    expect(second.count('PING')).toBe(2)
  })

  test('wrong options are refused when they are defined', () => {
    const connections = manager()
    expect(() => connections.define('main', { kind: 'standalone', port: 0 })).toThrow(ConfigurationError)
    expect(() => connections.define(' ', 'redis://h')).toThrow("The name of a connection is ' '")
    expect(connections.names).toEqual([])
  })

  test('after closeAll a connection opens again when it is asked for again', async () => {
    const target = await server()
    const connections = manager()
    connections.define('main', `redis://127.0.0.1:${target.port}`)
    const before = await connections.connection('main')
    await Promise.all([connections.closeAll(), connections.closeAll()])
    const after = await connections.connection('main')
    expect(after).not.toBe(before)
    expect(await after.send({ type: 'command', name: 'PING', keys: [], args: [] })).toBe('PONG')
  })

  test('closing while a connection opens closes it too', async () => {
    const target = await server()
    const connections = manager()
    connections.define('main', `redis://127.0.0.1:${target.port}`)
    const opening = connections.connection('main')
    await connections.closeAll()
    const connection = await opening
    await expect(connection.send({ type: 'command', name: 'PING', keys: [], args: [] })).rejects.toThrow('it is closed')
  })
})
