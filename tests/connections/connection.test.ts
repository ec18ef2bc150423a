import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Connection, Request, Script } from '../../src/connections/connection.js'
import { ConnectionError, CrossSlotError, ServerError } from '../../src/errors/connection-errors.js'
import { openTarget } from '../support/open-target.js'
import { describeTargets, serverKinds } from '../support/targets.js'

const command = (name: string, keys: readonly string[], ...args: (string | number)[]): Request => ({
  type: 'command',
  name,
  keys,
  args,
})

const script = (source: string): Script => ({
  name: 'test',
  source,
  sha1: createHash('sha1').update(source).digest('hex'),
})

describeTargets(serverKinds, (target) => {
  let connection: Connection
  beforeAll(async () => {
    connection = await openTarget(target)
  })
  afterAll(() => connection.close())

  test('send returns the server’s answer', async () => {
    expect(await connection.send(command('SET', ['a'], 'one'))).toBe('OK')
    expect(await connection.send(command('GET', ['a']))).toBe('one')
    expect(await connection.send(command('GET', ['absent']))).toBeNull()
  })

  test('replies have RESP2 shapes: maps are flat lists, scores are text', async () => {
    await connection.send(command('HSET', ['h'], 'x', 1, 'y', 2))
    expect(await connection.send(command('HGETALL', ['h']))).toEqual(['x', '1', 'y', '2'])
    await connection.send(command('ZADD', ['z'], 1.5, 'm', 2, 'n'))
    expect(await connection.send(command('ZRANGE', ['z'], 0, -1, 'WITHSCORES'))).toEqual(['m', '1.5', 'n', '2'])
    expect(await connection.send(command('ZSCORE', ['z'], 'm'))).toBe('1.5')
  })

  test('text of every alphabet and bytes below 32 come back as they were sent', async () => {
    const text = `\0\r\n\t äöü Ω 漢字 🙂 "quotes" \\ ${'x'.repeat(100_000)}`
    await connection.send(command('SET', ['text'], text))
    expect(await connection.send(command('GET', ['text']))).toBe(text)
  })

  test('the key prefix goes before every key, and only there', async () => {
    await connection.send(command('SET', ['prefixed'], 'prefixed'))
    const stored = await Promise.all(
      (await connection.primaries()).map((node) =>
        node.execute([command('SCAN', [], 0, 'MATCH', `${target.keyPrefix}prefixed`, 'COUNT', 100_000)]),
      ),
    )
    const keys = stored.flatMap(([outcome]) => (outcome!.ok ? (outcome!.value as [string, string[]])[1] : []))
    expect(keys).toEqual([`${target.keyPrefix}prefixed`])
    expect(await connection.send(command('GET', ['prefixed']))).toBe('prefixed')
  })

  test('execute answers each of 3000 requests in its place, over all nodes', async () => {
    const names = Array.from({ length: 3000 }, (_, index) => `many:${index}`)
    const written = await connection.execute(names.map((name, index) => command('SET', [name], index)))
    expect(written.every((outcome) => outcome.ok)).toBe(true)
    const read = await connection.execute(names.map((name) => command('GET', [name])))
    expect(read.map((outcome) => (outcome.ok ? outcome.value : outcome.error))).toEqual(
      names.map((_, index) => String(index)),
    )
  })

  test('one failing request of a batch leaves the others alone, and quotes the server', async () => {
    await connection.send(command('SET', ['string'], 'x'))
    const [before, failed, after] = await connection.execute([
      command('INCR', ['counter']),
      command('LPUSH', ['string'], 'y'),
      command('INCR', ['counter']),
    ])
    expect(before).toEqual({ ok: true, value: 1 })
    expect(after).toEqual({ ok: true, value: 2 })
    const error = failed!.ok ? undefined : failed!.error
    expect(error).toBeInstanceOf(ServerError)
    expect(error).toMatchObject({
      reply: 'WRONGTYPE Operation against a key holding the wrong kind of value',
      replyCode: 'WRONGTYPE',
    })
  })

  test('requests on one key are executed in the order in which they were given', async () => {
    await Promise.all(Array.from({ length: 500 }, (_, index) => connection.send(command('RPUSH', ['ordered'], index))))
    expect(await connection.send(command('LRANGE', ['ordered'], 0, -1))).toEqual(
      Array.from({ length: 500 }, (_, index) => String(index)),
    )
  })

  test('a script that the server does not know is sent with its source, on every node, once asked for in parallel', async () => {
    const unknown = script(`return {KEYS[1], ARGV[1], redis.call('INCR', KEYS[1])} -- ${target.keyPrefix}`)
    const keys = Array.from({ length: 40 }, (_, index) => `script:${index}`)
    const requests = keys.map((key): Request => ({ type: 'script', script: unknown, keys: [key], args: ['arg'] }))
    const first = await connection.execute(requests)
    expect(first).toEqual(keys.map((key) => ({ ok: true, value: [target.keyPrefix + key, 'arg', 1] })))
    const second = await connection.execute(requests)
    expect(second).toEqual(keys.map((key) => ({ ok: true, value: [target.keyPrefix + key, 'arg', 2] })))
  })

  test('an error inside a script is a ServerError that names the script', async () => {
    const failing = script("return redis.error_reply('MYCODE not today')")
    const request: Request = { type: 'script', script: failing, keys: ['k'], args: [] }
    await expect(connection.send(request)).rejects.toMatchObject({
      name: 'ServerError',
      reply: 'MYCODE not today',
      replyCode: 'MYCODE',
      command: 'script test',
    })
  })

  test('a request without keys is answered by some node', async () => {
    expect(await connection.send(command('PING', []))).toBe('PONG')
  })

  test('primaries are all reachable and hold all keys between them', async () => {
    const nodes = await connection.primaries()
    expect(nodes).toHaveLength(target.topology === 'cluster' ? 3 : 1)
    const answers = await Promise.all(nodes.map((node) => node.execute([command('PING', [])])))
    expect(answers.flat()).toEqual(nodes.map(() => ({ ok: true, value: 'PONG' })))
  })

  test('close is idempotent, and later requests are a ConnectionError', async () => {
    const other = await openTarget(target)
    await other.send(command('PING', []))
    await Promise.all([other.close(), other.close()])
    await other.close()
    await expect(other.send(command('GET', ['a']))).rejects.toBeInstanceOf(ConnectionError)
    expect(await other.execute([command('GET', ['a'])])).toMatchObject([{ ok: false, error: { wasSent: false } }])
  })

  test('close lets requests finish that are on their way', async () => {
    const other = await openTarget(target)
    const pending = other.execute(Array.from({ length: 100 }, (_, index) => command('SET', [`late:${index}`], index)))
    await new Promise((resolve) => setImmediate(resolve))
    await other.close()
    expect((await pending).filter((outcome) => outcome.ok)).toHaveLength(100)
  })
})

describeTargets(['embedded-cluster', 'redis-cluster'], (target) => {
  test('keys of one request in different slots are refused before anything is sent', async () => {
    const connection = await openTarget(target)
    try {
      const mixed = command('MSET', ['a', '1', 'b', '2'])
      await expect(connection.send(mixed)).rejects.toBeInstanceOf(CrossSlotError)
      await expect(
        connection.execute([command('SET', ['not-sent'], 1), command('DEL', ['left', 'right'])]),
      ).rejects.toBeInstanceOf(CrossSlotError)
      expect(await connection.send(command('GET', ['not-sent']))).toBeNull()
      expect(await connection.send(command('DEL', ['{tag}left', '{tag}right']))).toBe(0)
    } finally {
      await connection.close()
    }
  })

  test('a connection as one server says so at the first MOVED', async () => {
    const [seed] = target.addresses
    const { openConnection } = await import('../../src/connections/open-connection.js')
    const connection = await openConnection('wrong', { kind: 'standalone', ...seed! })
    try {
      const keys = Array.from({ length: 20 }, (_, index) => `${target.keyPrefix}k${index}`)
      const outcomes = await connection.execute(keys.map((key) => command('GET', [key])))
      const errors = outcomes.flatMap((outcome) => (outcome.ok ? [] : [outcome.error]))
      expect(errors.length).toBeGreaterThan(0)
      for (const error of errors) {
        expect(error.name).toBe('ConfigurationError')
        expect(error.message).toContain(`redis+cluster://${seed!.host}:${seed!.port}`)
      }
    } finally {
      await connection.close()
    }
  })
})

describe('a server that is not there', () => {
  test('is a ConnectionError with its address, at once', async () => {
    const { openConnection } = await import('../../src/connections/open-connection.js')
    const { freePort } = await import('../support/free-port.js')
    const port = await freePort()
    for (const source of [`redis://127.0.0.1:${port}`, `redis+cluster://127.0.0.1:${port}`]) {
      const error = await openConnection('gone', source).catch((reason: unknown) => reason)
      expect(error).toBeInstanceOf(ConnectionError)
      expect((error as Error).message).toContain(`127.0.0.1:${port}`)
      expect((error as Error).message).toContain('ECONNREFUSED')
      expect(error).toMatchObject({ connection: 'gone', wasSent: false })
    }
  })
})
