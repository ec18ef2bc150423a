import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { Redis } from 'ioredis'
import type { Connection, Request } from '../../src/connections/connection.js'
import { openConnection } from '../../src/connections/open-connection.js'
import { ConnectionError } from '../../src/errors/connection-errors.js'
import { startRedisServer } from '../support/redis-server.js'
import { describeTargets } from '../support/targets.js'
import { TcpProxy } from '../support/tcp-proxy.js'
import { until } from '../support/until.js'

const request = (name: string, key: string, ...args: string[]): Request => ({
  type: 'command',
  name,
  keys: [key],
  args,
})

describeTargets(['redis-server'], (target) => {
  let proxy: TcpProxy
  let connection: Connection
  let direct: Redis
  beforeAll(async () => {
    const { Redis } = await import('ioredis')
    const [address] = target.addresses
    proxy = await TcpProxy.open(address!)
    direct = new Redis({ ...address!, keyPrefix: target.keyPrefix })
    connection = await openConnection('cut', `redis://127.0.0.1:${proxy.port}?keyPrefix=${target.keyPrefix}`)
  })
  afterAll(async () => {
    await connection.close()
    direct.disconnect()
    await proxy.close()
  })

  test('a write whose answer is lost is a ConnectionError and is not repeated', async () => {
    proxy.holdReplies()
    const pending = connection.send(request('INCR', 'once')).catch((reason: unknown) => reason)
    await until(async () => (await direct.get('once')) === '1')
    proxy.releaseReplies()
    proxy.cut()
    const error = await pending
    expect(error).toBeInstanceOf(ConnectionError)
    expect(error).toMatchObject({ wasSent: true, address: `127.0.0.1:${proxy.port}` })
    expect((error as Error).message).toContain('INCR')
    expect((error as Error).message).toContain('may or may not have been executed')
    expect(await connection.send(request('INCR', 'once'))).toBe(2)
  })

  test('a read whose answer is lost is asked again', async () => {
    await direct.set('read', 'value')
    proxy.holdReplies()
    const before = proxy.connectionCount
    const pending = connection.execute(Array.from({ length: 10 }, () => request('GET', 'read')))
    const reads = async () => /cmdstat_get:calls=(\d+)/.exec(await direct.info('commandstats'))?.[1]
    const start = await reads()
    await until(async () => (await reads()) !== start)
    proxy.releaseReplies()
    proxy.cut()
    expect(await pending).toEqual(Array.from({ length: 10 }, () => ({ ok: true, value: 'value' })))
    expect(proxy.connectionCount).toBe(before + 1)
  })

  test('a script that only reads is asked again, another one is not', async () => {
    const source = "return redis.call('GET', KEYS[1])"
    const script = { name: 'reader', source, sha1: String(await direct.script('LOAD', source)) }
    await direct.set('scripted', 'value')
    const lose = async (isReadOnly: boolean): Promise<unknown> => {
      proxy.holdReplies()
      const calls = async () => /cmdstat_evalsha:calls=(\d+)/.exec(await direct.info('commandstats'))?.[1] ?? '0'
      const start = await calls()
      const pending = connection
        .send({ type: 'script', script: { ...script, isReadOnly }, keys: ['scripted'], args: [] })
        .catch((reason: unknown) => reason)
      await until(async () => (await calls()) !== start)
      proxy.releaseReplies()
      proxy.cut()
      return pending
    }
    expect(await lose(true)).toBe('value')
    expect(await lose(false)).toBeInstanceOf(ConnectionError)
  })

  test('requests wait for a server that comes back', async () => {
    proxy.refuse()
    proxy.cut()
    const pending = connection.send(request('SET', 'later', 'x'))
    const { connectionCount } = proxy
    await new Promise((resolve) => setImmediate(resolve))
    proxy.accept()
    expect(await pending).toBe('OK')
    expect(proxy.connectionCount).toBe(connectionCount + 1)
  })
})

describeTargets(['redis-server'], () => {
  test('a server that stays away is a ConnectionError after retryForMs, and nothing was sent', async () => {
    const server = await startRedisServer()
    const connection = await openConnection('gone', `${server.url}?retryForMs=100`)
    try {
      expect(await connection.send(request('SET', 'a', '1'))).toBe('OK')
      await server.stop()
      const outcomes = await connection.execute([request('GET', 'a'), request('SET', 'a', '2')])
      for (const outcome of outcomes) expect(outcome.ok ? undefined : outcome.error).toBeInstanceOf(ConnectionError)
      await expect(connection.send(request('SET', 'a', '3'))).rejects.toMatchObject({ wasSent: false })
      await expect(connection.primaries()).rejects.toBeInstanceOf(ConnectionError)
    } finally {
      await connection.close()
      await server.stop()
    }
  })
})
