import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { Node } from '../../src/index.js'
import { WireClient } from '../differential/wire-client.js'

let node: Node
let client: WireClient
let units: string[][]

beforeEach(async () => {
  node = new Node({ settings: { port: '0' } })
  const { port } = await node.listen()
  client = await WireClient.connect(port)
  units = []
  node.onEffects((unit) => {
    units.push(unit.map(({ argv }) => argv.join(' ')))
  })
})

afterEach(async () => {
  client?.close()
  await node.close()
})

describe('what a script changes is sent on', () => {
  test('as the commands that it ran, in one unit, and never as the script', async () => {
    await client.call(
      'EVAL',
      `redis.call('SET', KEYS[1], 'v') redis.call('GET', KEYS[1]) redis.call('INCR', 'n')`,
      '1',
      'k',
    )
    expect(units).toEqual([['SET k v', 'INCR n']])
  })

  test('up to the error that ended it', async () => {
    await client.call('EVAL', `redis.call('SET', 'a', '1') error('x')`, '0')
    expect(units).toEqual([['SET a 1']])
  })

  test('not at all when it only reads, fails to compile or is unknown', async () => {
    await client.call('EVAL', `return redis.call('GET', 'a')`, '0')
    await client.call('EVAL', 'return (', '0')
    await client.call('EVALSHA', 'e0e1f9fabfc9d4800c877a703b823ac0578ff8db', '0')
    expect(units).toEqual([])
  })
})
