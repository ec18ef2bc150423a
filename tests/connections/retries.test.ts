import { createHash } from 'node:crypto'
import { afterEach, describe, expect, test } from '@jest/globals'
import type { Connection, Request } from '../../src/connections/connection.js'
import { openConnection } from '../../src/connections/open-connection.js'
import { ConnectionError, ServerError } from '../../src/errors/connection-errors.js'
import { freePort } from '../support/free-port.js'
import { bulk, type CommandScript, ScriptedServer, slotsReply } from '../support/scripted-server.js'

const get = (key: string): Request => ({ type: 'command', name: 'GET', keys: [key], args: [] })
const set = (key: string): Request => ({ type: 'command', name: 'SET', keys: [key], args: ['v'] })

const resources: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const resource of resources.splice(0).reverse()) await resource.close()
})
const server = async (script: CommandScript): Promise<ScriptedServer> => {
  const opened = await ScriptedServer.open(script)
  resources.push(opened)
  return opened
}
const open = async (url: string): Promise<Connection> => {
  const connection = await openConnection('test', url)
  resources.push(connection)
  return connection
}

/** A one-node cluster; the script answers what is not about the cluster. */
const oneNode = async (script: CommandScript): Promise<ScriptedServer> => {
  const node: ScriptedServer = await server((argv) => {
    if (argv[0] === 'CLUSTER') return slotsReply([[0, 16_383, '', node.port]])
    if (argv[0] === 'ASKING') return '+OK\r\n'
    return script(argv)
  })
  return node
}

/** Answers the first calls with errors, then with a value. */
const first = (errors: readonly string[], then: string): CommandScript => {
  const left = [...errors]
  return (argv) => {
    if (argv[0] === 'PING') return '+PONG\r\n'
    const error = left.shift()
    return error === undefined ? then : `-${error}\r\n`
  }
}

describe.each(['standalone', 'cluster'])('a %s connection', (kind) => {
  const url = (node: ScriptedServer, query = ''): string =>
    `redis${kind === 'cluster' ? '+cluster' : ''}://${node.address}${query}`

  test.each([
    ['LOADING Redis is loading the dataset in memory'],
    ['TRYAGAIN Multiple keys request during rehashing of slot'],
    ['CLUSTERDOWN The cluster is down'],
    ['MASTERDOWN Link with MASTER is down'],
    ["READONLY You can't write against a read only replica."],
  ])('asks again after %s, for nothing was executed', async (error) => {
    const node = await oneNode(first([error, error, error], '+OK\r\n'))
    const connection = await open(url(node))
    expect(await connection.send(set('a'))).toBe('OK')
    expect(node.count('SET')).toBe(4)
  })

  test('gives up with the server’s words when time is up', async () => {
    const node = await oneNode((argv) => (argv[0] === 'PING' ? '+PONG\r\n' : '-LOADING still\r\n'))
    const connection = await open(url(node, '?retryForMs=40'))
    const error = await connection.send(get('a')).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(ServerError)
    expect(error).toMatchObject({ reply: 'LOADING still', replyCode: 'LOADING' })
    expect(node.count('GET')).toBeGreaterThan(1)
  })

  test('many requests that wait at the same time cause no warning, and end when it closes', async () => {
    const node = await oneNode((argv) => (argv[0] === 'PING' ? '+PONG\r\n' : '-LOADING still\r\n'))
    const connection = await open(url(node, '?retryForMs=60000'))
    const warnings: Error[] = []
    const listen = (warning: Error) => void warnings.push(warning)
    process.on('warning', listen)
    const requests = Array.from({ length: 100 }, (_, number) => get(`{k}${number}`))
    const outcomes = connection.execute(requests)
    while (node.count('GET') < 300) await new Promise(setImmediate)
    await connection.close()
    const failed = (await outcomes).filter((outcome) => !outcome.ok)
    process.off('warning', listen)
    expect(failed).toHaveLength(100)
    expect(warnings).toEqual([])
  })

  test('retryForMs=0 makes the first refusal final', async () => {
    const node = await oneNode(first(['TRYAGAIN later'], '+OK\r\n'))
    const connection = await open(url(node, '?retryForMs=0'))
    await expect(connection.send(set('a'))).rejects.toMatchObject({ replyCode: 'TRYAGAIN' })
    expect(node.count('SET')).toBe(1)
  })

  test('does not ask again after an error that is final', async () => {
    const node = await oneNode(first(['ERR no', 'WRONGTYPE no'], '+OK\r\n'))
    const connection = await open(url(node))
    await expect(connection.send(set('a'))).rejects.toMatchObject({ reply: 'ERR no' })
    expect(node.count('SET')).toBe(1)
  })

  test('a batch that meets an unknown script brings its source once', async () => {
    const known = new Set<string>()
    const sha1 = (source: string): string => createHash('sha1').update(source).digest('hex')
    const node = await oneNode(([name, script = '']) => {
      if (name === 'PING') return '+PONG\r\n'
      if (name === 'EVAL') known.add(sha1(script))
      else if (!known.has(script)) return '-NOSCRIPT No matching script. Please use EVAL.\r\n'
      return bulk('done')
    })
    const connection = await open(url(node))
    const source = 'return 1'
    const script = { name: 's', source, sha1: sha1(source) }
    const requests = Array.from({ length: 150 }, (): Request => ({ type: 'script', script, keys: ['k'], args: [] }))
    expect(await connection.execute(requests)).toEqual(requests.map(() => ({ ok: true, value: 'done' })))
    expect(node.count('EVAL')).toBe(1)
    expect(node.count('EVALSHA')).toBe(150 + 149)
  })

  test('a server that forgets every script is asked three times at most', async () => {
    const node = await oneNode((argv) => (argv[0] === 'PING' ? '+PONG\r\n' : '-NOSCRIPT No matching script.\r\n'))
    const connection = await open(url(node))
    const script = { name: 's', source: 'return 1', sha1: '0'.repeat(40) }
    await expect(connection.send({ type: 'script', script, keys: ['k'], args: [] })).rejects.toMatchObject({
      replyCode: 'NOSCRIPT',
    })
    expect(node.count('EVAL') + node.count('EVALSHA')).toBe(3)
  })

  test('a silent server is given up after requestTimeoutMs, and the answer counts as unknown', async () => {
    const node = await oneNode((argv) => (argv[0] === 'PING' ? '+PONG\r\n' : null))
    const connection = await open(url(node, '?requestTimeoutMs=50&retryForMs=0'))
    const error = await connection.send(set('a')).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(ConnectionError)
    expect(error).toMatchObject({ wasSent: true, address: node.address })
    expect(node.count('SET')).toBe(1)
  })

  test('close ends the waiting for a server that is loading', async () => {
    const node = await oneNode((argv) => (argv[0] === 'PING' ? '+PONG\r\n' : '-LOADING still\r\n'))
    const connection = await open(url(node, '?retryForMs=600000'))
    const pending = connection.execute([get('a'), set('b')])
    await new Promise((resolve) => setImmediate(resolve))
    await connection.close()
    expect((await pending).map((outcome) => outcome.ok)).toEqual([false, false])
  })
})

test('one server that became read-only is dialled again, for its name may mean another one now', async () => {
  const node = await oneNode(first(["READONLY You can't write against a read only replica."], '+OK\r\n'))
  const connection = await open(`redis://${node.address}`)
  expect(await connection.execute([set('a'), set('b'), set('c')])).toEqual(
    Array.from({ length: 3 }, () => ({ ok: true, value: 'OK' })),
  )
  expect(node.received.filter((line) => /^CLIENT setname/i.test(line))).toHaveLength(2)
})

describe('redirections in a cluster', () => {
  test('ASK is followed with ASKING for that one request, and the slot stays where it was', async () => {
    const importing = await oneNode((argv) => (argv[0] === 'GET' ? bulk('there') : '-ERR unexpected\r\n'))
    const owner = await oneNode(first([`ASK 15495 ${importing.address}`], bulk('here')))
    const connection = await open(`redis+cluster://${owner.address}`)
    expect(await connection.send(get('a'))).toBe('there')
    expect(await connection.send(get('a'))).toBe('here')
    expect(importing.received.filter((line) => !line.startsWith('CLIENT'))).toEqual(['ASKING', 'GET a'])
  })

  test('MOVED is remembered for the slot', async () => {
    const next = await oneNode(() => bulk('next'))
    const owner: ScriptedServer = await server((argv) => {
      if (argv[0] !== 'CLUSTER') return `-MOVED 15495 ${next.address}\r\n`
      return slotsReply([[0, 16_383, '', owner.port]])
    })
    const connection = await open(`redis+cluster://${owner.address}`)
    expect(await connection.send(get('a'))).toBe('next')
    expect(next.count('GET')).toBe(1)
  })

  test('an empty host in MOVED means the node that said so', async () => {
    const next = await oneNode(() => bulk('next'))
    const owner = await oneNode(first([`MOVED 15495 :${next.port}`], bulk('owner')))
    const connection = await open(`redis+cluster://${owner.address}`)
    expect(await connection.send(get('a'))).toBe('next')
  })

  test('nodes that send each other’s keys round in circles are left after maxRedirections', async () => {
    const nodes: ScriptedServer[] = []
    const circle = (own: number) => (argv: readonly string[]) => {
      if (argv[0] === 'CLUSTER') return slotsReply([[0, 16_383, '127.0.0.1', nodes[own]!.port]])
      return `-MOVED 15495 ${nodes[1 - own]!.address}\r\n`
    }
    nodes.push(await server(circle(0)), await server(circle(1)))
    const connection = await open(`redis+cluster://${nodes[0]!.address}?maxRedirections=5`)
    await expect(connection.send(get('a'))).rejects.toMatchObject({ replyCode: 'MOVED' })
    expect(nodes[0]!.count('GET') + nodes[1]!.count('GET')).toBe(6)
  })

  test('each request of a batch is redirected on its own', async () => {
    const importing = await oneNode((argv) => bulk(`there ${argv[1]}`))
    const owner = await oneNode((argv) =>
      argv[1]?.startsWith('gone') ? `-ASK 1 ${importing.address}\r\n` : bulk(`here ${argv[1]}`),
    )
    const connection = await open(`redis+cluster://${owner.address}`)
    const keys = ['a', 'gone1', 'b', 'gone2', 'c']
    expect(await connection.execute(keys.map(get))).toEqual(
      ['here a', 'there gone1', 'here b', 'there gone2', 'here c'].map((value) => ({ ok: true, value })),
    )
    expect(importing.count('ASKING')).toBe(2)
  })

  test('a seed that is down or not in a cluster is passed over', async () => {
    const gone = await freePort()
    const single = await server((argv) =>
      argv[0] === 'CLUSTER' ? '-ERR This instance has cluster support disabled\r\n' : '+PONG\r\n',
    )
    const node = await oneNode(() => bulk('found'))
    const connection = await open(`redis+cluster://127.0.0.1:${gone},${single.address},${node.address}`)
    expect(await connection.send(get('a'))).toBe('found')
  })

  test('a node that accepts and says nothing delays nobody', async () => {
    const silent = await server(() => null)
    const node = await oneNode(() => bulk('found'))
    const connection = await open(`redis+cluster://${silent.address},${node.address}`)
    expect(await connection.send(get('a'))).toBe('found')
  })

  test('one server that is no cluster is refused in its own words', async () => {
    const single = await server(() => '-ERR This instance has cluster support disabled\r\n')
    await expect(openConnection('test', `redis+cluster://${single.address}`)).rejects.toThrow(
      'This instance has cluster support disabled',
    )
  })

  test('primaries fail loudly when slots have no owner', async () => {
    const node: ScriptedServer = await server((argv) =>
      argv[0] === 'CLUSTER' ? slotsReply([[0, 100, '', node.port]]) : '+PONG\r\n',
    )
    const connection = await open(`redis+cluster://${node.address}`)
    await expect(connection.primaries()).rejects.toThrow('no primary owns the slots 101 to 16383')
  })

  test('primaries fail loudly when one of them is down', async () => {
    const gone = await freePort()
    const node: ScriptedServer = await server((argv) =>
      argv[0] === 'CLUSTER'
        ? slotsReply([
            [0, 8191, '', node.port],
            [8192, 16_383, '127.0.0.1', gone],
          ])
        : '+PONG\r\n',
    )
    const connection = await open(`redis+cluster://${node.address}`)
    await expect(connection.primaries()).rejects.toThrow('cannot be reached')
  })
})
