import { connect } from 'node:net'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { Node } from '../../src/index.js'
import { describeBesideRedis, ServerPair } from '../support/server-pair.js'

/** 192.0.2.1 is for documentation: no machine has it. */
const HERE = ['127.0.0.1', '127.0.0.2', '127.0.0.3']

const isReachable = (host: string, port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, host)
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })

const reachable = async (port: number): Promise<string[]> => {
  const found = await Promise.all(HERE.map((host) => isReachable(host, port)))
  return HERE.filter((_, index) => found[index])
}

describeBesideRedis('bind', () => {
  let pair: ServerPair
  beforeAll(async () => {
    pair = await ServerPair.start({ settings: { bind: '127.0.0.1 127.0.0.2 -192.0.2.1' } })
  })
  afterAll(() => pair?.close())

  const ports = () => [pair.node.address.port, pair.redis.port] as const

  test('names every address that is listened on, also while it changes, and those who are connected stay', async () => {
    const steps = [
      null,
      '127.0.0.2',
      '127.0.0.1 127.0.0.3',
      // Refused as a whole: the addresses before it stay.
      '127.0.0.2 192.0.2.1',
      '-192.0.2.1 127.0.0.1',
      '127.0.0.1 127.0.0.2',
      // What is listened on is in the way of every address.
      '*',
      '127.0.0.2',
      '',
      '* -::*',
      '-::* *',
    ]
    for (const bind of steps) {
      const { ours, real } =
        bind === null
          ? await pair.ask(['PING'])
          : await pair.ask(['CONFIG', 'SET', 'bind', bind], ['CONFIG', 'GET', 'bind'])
      expect([bind, ...ours]).toEqual([bind, ...real])
      const [here, there] = await Promise.all(ports().map(reachable))
      expect([bind, here]).toEqual([bind, there])
    }
  })
})

test('an address that cannot be used is an error, and so is none at all', async () => {
  for (const [bind, message] of [
    ['127.0.0.1 192.0.2.1', /EADDRNOTAVAIL/],
    ['-192.0.2.1', /not listen anywhere/],
  ] as const) {
    const node = new Node({ settings: { port: 0, bind } })
    await expect(node.listen()).rejects.toThrow(message)
    await node.close()
  }
})
