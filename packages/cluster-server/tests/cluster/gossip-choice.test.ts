import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { chooseGossip } from '../../src/cluster/gossip-choice.js'
import { NODE_FLAGS } from '../../src/cluster/node-flags.js'
import { NodeTable } from '../../src/cluster/node-table.js'
import { nodeOf } from './node-tables.js'

const kinds = [
  { flags: 0, isConnected: true },
  { flags: 0, isConnected: false },
  { flags: NODE_FLAGS.suspected, isConnected: true },
  { flags: NODE_FLAGS.handshake, isConnected: true },
  { flags: NODE_FLAGS.noAddress, isConnected: false },
  { flags: NODE_FLAGS.suspected | NODE_FLAGS.noAddress, isConnected: false },
]

test('a ping tells of a tenth of the nodes, at least three, of all suspects, and of nobody twice', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(...kinds), { maxLength: 60 }),
      fc.infiniteStream(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })),
      (others, randoms) => {
        const table = new NodeTable(nodeOf(1, NODE_FLAGS.primary | NODE_FLAGS.myself))
        others.forEach(({ flags, isConnected }, at) => {
          const node = table.add(nodeOf(at + 2, NODE_FLAGS.primary | flags))
          node.isConnected = isConnected
        })
        const chosen = chooseGossip(table, () => randoms.next().value as number, 1)
        const isUnfit = (flags: number): boolean => (flags & (NODE_FLAGS.handshake | NODE_FLAGS.noAddress)) !== 0
        const suspects = [...table.nodes].filter((node) => node.isSuspected && !isUnfit(node.flags))
        expect(new Set(chosen).size).toBe(chosen.length)
        expect(chosen).not.toContain(table.myself)
        expect(chosen.filter((node) => node.isSuspected)).toEqual(suspects)
        const most = Math.max(3, Math.floor(table.size / 10))
        expect(chosen.length - suspects.length).toBeLessThanOrEqual(most)
        for (const node of chosen) expect([isUnfit(node.flags), node.isConnected]).toEqual([false, true])
      },
    ),
  )
})

test('every node is told of sooner or later', () => {
  const table = new NodeTable(nodeOf(1, NODE_FLAGS.primary | NODE_FLAGS.myself))
  for (let number = 2; number <= 20; number++) table.add(nodeOf(number)).isConnected = true
  const told = new Set<string>()
  for (let number = 1; told.size < 19 && number <= 1000; number++) {
    for (const node of chooseGossip(table, Math.random, number)) told.add(node.id)
  }
  expect(told.size).toBe(19)
})
