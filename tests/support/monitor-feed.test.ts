import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { Redis } from 'ioredis'
import { type MonitoredCommand, MonitorFeed, parseMonitorLine } from './monitor-feed.js'
import { ScriptedServer } from './scripted-server.js'
import { describeTargets } from './targets.js'
import { until } from './until.js'

describeTargets(['redis-server', 'embedded-node'], (target) => {
  let client: Redis
  beforeAll(() => {
    client = new Redis(target.addresses[0]!)
  })
  afterAll(() => client.disconnect())

  test('arguments come as they were sent, whatever is in them', async () => {
    const seen: MonitoredCommand[] = []
    const feed = await MonitorFeed.open(target.addresses[0]!, (command) => seen.push(command))
    const texts = [
      '',
      ' ',
      '" "',
      '\\',
      '\\"',
      'a\\x00',
      '\0\x01\x7f',
      '\r\n\t\x07\b',
      'é 漢 😀',
      '[0 lua] "GET"',
      '{a}',
    ]
    await client.echo(target.keyPrefix)
    for (const text of texts) await client.sadd(`${target.keyPrefix}${text}`, text)
    const own = () => seen.filter(({ argv }) => argv[1]?.startsWith(target.keyPrefix))
    await until(() => own().length === 1 + texts.length)
    feed.close()
    expect(own().map(({ argv: [, ...args] }) => args)).toEqual([
      [target.keyPrefix],
      ...texts.map((text) => [`${target.keyPrefix}${text}`, text]),
    ])
  })

  test('a command of a script comes from lua', async () => {
    const seen: MonitoredCommand[] = []
    const feed = await MonitorFeed.open(target.addresses[0]!, (command) => seen.push(command))
    const key = `${target.keyPrefix}key`
    await client.eval("return redis.call('GET', KEYS[1])", 1, key)
    await until(() => seen.some(({ source, argv }) => source === 'lua' && argv.join() === `GET,${key}`))
    feed.close()
  })
})

describe('reading', () => {
  test('commands that arrive in one piece with the answer to MONITOR are read', async () => {
    const server = await ScriptedServer.open(
      () => '+OK\r\n+1.5 [0 127.0.0.1:1] "GET" "a"\r\n+1.6 [0 lua] "GET" "b"\r\n',
    )
    const seen: MonitoredCommand[] = []
    const feed = await MonitorFeed.open({ host: '127.0.0.1', port: server.port }, (command) => seen.push(command))
    feed.close()
    await server.close()
    expect(seen).toEqual([
      { source: '127.0.0.1:1', argv: ['GET', 'a'] },
      { source: 'lua', argv: ['GET', 'b'] },
    ])
  })

  test('what is no line of MONITOR is an error', () => {
    expect(() => parseMonitorLine('+OK')).toThrow('not a line of MONITOR: +OK')
  })
})
