import { createConnection } from 'node:net'
import { describe, expect, test } from '@jest/globals'
import { Node, SettingError, startNode } from '../../src/index.js'
import { WireClient } from '../differential/wire-client.js'
import { showReply } from '../differential/wire-reply.js'

const handles = (): string[] =>
  process
    .getActiveResourcesInfo()
    .filter((kind) => kind !== 'TTYWrap' && kind !== 'PipeWrap' && kind !== 'Immediate')
    .sort()

/** Takes one such handle out of the list; false when there is none. */
const take = (list: string[], kind: string): boolean => {
  const at = list.indexOf(kind)
  if (at !== -1) list.splice(at, 1)
  return at !== -1
}

describe('close', () => {
  test('leaves no socket and no timer behind, even with clients that wait', async () => {
    const before = handles()
    const node = await startNode()
    const clients = await Promise.all([1, 2, 3].map(() => WireClient.connect(node.port)))
    await clients[0]!.call('SET', 'k', 'v', 'PX', '100000')
    clients[1]!.write([['BLPOP', 'l', '100']])
    await clients[0]!.call('CLIENT', 'PAUSE', '100000', 'WRITE')
    clients[2]!.write([['SET', 'k', 'held']])
    await clients[0]!.call('PING')
    await node.close()
    for (const client of clients) client.close()
    await new Promise((turn) => setImmediate(turn))
    // What others had open may have ended meanwhile.
    const added = handles().filter((kind) => !take(before, kind))
    expect(added).toEqual([])
  })

  test('answers what was received, then closes the connections', async () => {
    const node = new Node({ settings: { port: 0 } })
    const { port } = await node.listen()
    const received: string[] = []
    const socket = createConnection(port, '127.0.0.1').setEncoding('latin1')
    const closed = new Promise((resolve) => socket.on('close', resolve))
    socket.on('data', (chunk: string) => received.push(chunk))
    socket.write('PING\r\n'.repeat(3))
    while (node.server.statistics.commands < 3) await new Promise((turn) => setImmediate(turn))
    await node.close()
    await closed
    expect(received.join('')).toBe('+PONG\r\n'.repeat(3))
  })

  test('sends a long answer to its end before it closes the connection', async () => {
    const node = new Node({ settings: { port: 0 } })
    const { port } = await node.listen()
    const setter = await WireClient.connect(port)
    await setter.call('SET', 'long', 'x'.repeat(8_000_000))
    let bytes = 0
    const socket = createConnection(port, '127.0.0.1')
    const closed = new Promise((resolve) => socket.on('close', resolve))
    socket.on('data', (chunk) => {
      bytes += chunk.length
    })
    const before = node.server.statistics.commands
    socket.write('GET long\r\n')
    while (node.server.statistics.commands === before) await new Promise((turn) => setImmediate(turn))
    await node.close()
    await closed
    expect(bytes).toBe('$8000000\r\n'.length + 8_000_000 + 2)
    setter.close()
  })

  test('may be called again, and before listen', async () => {
    const node = new Node({ settings: { port: 0 } })
    await Promise.all([node.close(), node.close()])
    await node.close()
  })

  test('frees the port', async () => {
    const first = await startNode()
    await first.close()
    const second = await startNode({ port: first.port })
    expect(second.port).toBe(first.port)
    await second.close()
  })
})

describe('start', () => {
  test('rejects a port that is taken with the error of the system', async () => {
    const first = await startNode()
    await expect(startNode({ port: first.port })).rejects.toMatchObject({ code: 'EADDRINUSE' })
    await first.close()
  })

  test.each([
    [{ nosuch: 1 }, "There is no setting 'nosuch' (its value is '1')."],
    [{ maxclients: 0 }, "The setting 'maxclients' cannot be '0': argument must be between 1 and 4294967295 inclusive."],
    [{ appendonly: 'maybe' }, "The setting 'appendonly' cannot be 'maybe': argument must be 'yes' or 'no'."],
  ])('refuses the settings %j before a port is opened', (settings, message) => {
    expect(() => new Node({ settings })).toThrow(new SettingError(message))
  })
})

describe('connections', () => {
  test('one more than maxclients is told so and closed', async () => {
    const node = await startNode({ settings: { maxclients: 1 } })
    const first = await WireClient.connect(node.port)
    await first.call('PING')
    const text = await new Promise<string>((resolve) => {
      let received = ''
      const socket = createConnection(node.port, '127.0.0.1').setEncoding('latin1')
      socket.on('data', (chunk: string) => {
        received += chunk
      })
      socket.on('close', () => resolve(received))
    })
    expect(text).toBe('-ERR max number of clients reached\r\n')
    first.close()
    await node.close()
  })

  test('a new password holds for new connections and not for those that are there', async () => {
    const node = await startNode()
    const first = await WireClient.connect(node.port)
    expect(showReply(await first.call('CONFIG', 'SET', 'requirepass', 'secret'))).toBe('+OK')
    const second = await WireClient.connect(node.port)
    expect(showReply(await second.call('GET', 'k'))).toBe('-NOAUTH Authentication required.')
    expect(showReply(await second.call('AUTH', 'secret'))).toBe('+OK')
    expect(showReply(await second.call('GET', 'k'))).toBe('$null')
    expect(showReply(await first.call('GET', 'k'))).toBe('$null')
    first.close()
    second.close()
    await node.close()
  })

  test('CLIENT KILL closes another connection and takes its watches, waits and subscriptions along', async () => {
    const node = new Node({ settings: { port: 0 } })
    const { port } = await node.listen()
    const [victim, other] = await Promise.all([WireClient.connect(port), WireClient.connect(port)])
    const id = showReply(await victim.call('CLIENT', 'ID')).slice(1)
    await victim.call('SUBSCRIBE', 'news')
    expect(showReply(await other.call('PUBSUB', 'NUMSUB', 'news'))).toBe('*[$"news", :1]')
    expect(showReply(await other.call('CLIENT', 'KILL', 'ID', id))).toBe(':1')
    while (node.server.clients.size > 1) await other.call('PING')
    expect(showReply(await other.call('PUBSUB', 'NUMSUB', 'news'))).toBe('*[$"news", :0]')
    other.close()
    await node.close()
  })

  test('CLIENT PAUSE WRITE holds writes of others back, lets reads through, and UNPAUSE lets them run in order', async () => {
    const node = await startNode()
    const [one, other] = await Promise.all([WireClient.connect(node.port), WireClient.connect(node.port)])
    await one.call('CLIENT', 'PAUSE', '100000', 'WRITE')
    const held = other.send([
      ['GET', 'k'],
      ['SET', 'k', 'v'],
      ['GET', 'k'],
    ])
    expect(showReply(await one.call('GET', 'k'))).toBe('$null')
    await one.call('CLIENT', 'UNPAUSE')
    expect((await held).map(showReply)).toEqual(['$null', '+OK', '$"v"'])
    one.close()
    other.close()
    await node.close()
  })

  test('MONITOR shows what others run, quoted', async () => {
    const node = await startNode()
    const [watcher, other] = await Promise.all([WireClient.connect(node.port), WireClient.connect(node.port)])
    await watcher.call('MONITOR')
    const line = watcher.read(1)
    await other.call('SET', 'a b', '"\n\xff')
    expect(showReply((await line)[0]!)).toMatch(/^\+\d+\.\d{6} \[0 127\.0\.0\.1:\d+\] "SET" "a b" "\\"\\n\\xff"$/)
    watcher.close()
    other.close()
    await node.close()
  })
})
