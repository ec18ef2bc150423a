import { describe, expect, jest, test } from '@jest/globals'
import fc from 'fast-check'
import type { Effect } from '../../src/commands/replication-state.js'
import { EffectEncoder } from '../../src/peers/effect-encoder.js'
import { PrimaryStream } from '../../src/peers/primary-stream.js'
import { Snapshot } from '../../src/peers/snapshot.js'
import { Node } from '../../src/server/node.js'
import { keysOfEffect } from '../../src/server/replication-of-node.js'
import { WireError } from '../../src/wire-errors.js'
import { contentsOf } from './keyspace-contents.js'

jest.setTimeout(60_000)

const KEYS = ['a', 'b', 'c', 'd', '\xff\r\n\0']
const FAR_MS = String(Date.now() + 3_600_000)
const key = fc.constantFrom(...KEYS)
const word = fc.constantFrom('1', '2', 'x', '', '\r\n$3\r\n', '\xe9\0')

/** Writes that mean the same wherever they are applied; many read one key to write another. */
const command = fc.oneof(
  fc.tuple(fc.constantFrom('SET', 'APPEND', 'RPUSH', 'LPUSH', 'SADD', 'SREM'), key, word).map((words) => [...words]),
  fc.tuple(key, word, word).map(([at, field, value]) => ['HSET', at, field, value]),
  fc.tuple(key, fc.constantFrom('1', '-2.5', 'inf'), word).map(([at, score, member]) => ['ZADD', at, score, member]),
  fc.tuple(fc.constantFrom('INCR', 'DEL', 'LPOP', 'PERSIST'), key).map((words) => [...words]),
  fc.tuple(fc.constantFrom('RENAME', 'SUNIONSTORE', 'SDIFFSTORE'), key, key).map((words) => [...words]),
  fc.tuple(key, key).map(([from, to]) => ['COPY', from, to, 'REPLACE']),
  fc.tuple(key, key).map(([from, to]) => ['COPY', from, to, 'DB', '1', 'REPLACE']),
  key.map((at) => ['MOVE', at, '1']),
  fc.tuple(key, word, word, word).map(([at, ...elements]) => ['RPUSH', at, ...elements, ...elements]),
  fc.tuple(key, word, word, word).map(([at, ...members]) => ['SADD', at, ...members]),
  fc.tuple(key, key).map(([from, to]) => ['LMOVE', from, to, 'LEFT', 'RIGHT']),
  fc.tuple(key, key, word).map(([from, to, member]) => ['SMOVE', from, to, member]),
  fc.tuple(key, key, key).map(([to, one, other]) => ['ZUNIONSTORE', to, '2', one, other]),
  key.map((at) => ['PEXPIREAT', at, FAR_MS]),
  fc.constant<string[]>(['FLUSHALL']),
)

/** What happens next at the primary: a unit of writes, or a slice of the snapshot. */
const step = fc.oneof(
  fc.record({
    databaseIndex: fc.constantFrom(0, 0, 0, 1),
    commands: fc.array(command, { minLength: 1, maxLength: 3 }),
  }),
  fc.constant('slice' as const),
)

/** Runs commands at the primary; those that succeed are the unit. */
const perform = (node: Node, databaseIndex: number, commands: readonly string[][]): Effect[] =>
  commands.flatMap((argv) => {
    const effect = { databaseIndex, argv }
    const [answer] = node.applyEffects([effect])
    return answer instanceof WireError ? [] : [effect]
  })

class Replica {
  readonly node = new Node()
  readonly #stream = new PrimaryStream()
  readonly errors: string[] = []

  receive(text: string): void {
    this.#stream.push(Buffer.from(text, 'latin1'))
    for (const step of this.#stream.steps()) {
      if (step.type !== 'apply') continue
      for (const answer of this.node.applyEffects(step.effects)) {
        if (answer instanceof WireError) this.errors.push(answer.message)
      }
    }
  }
}

describe('a snapshot that is taken while the node works', () => {
  test('gives the reader exactly what the node holds, whatever is written between its slices', () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 30 }), fc.array(step, { maxLength: 40 }), (before, steps) => {
        const primary = new Node()
        perform(primary, 0, before)
        perform(primary, 1, before.slice(0, 5))
        const replica = new Replica()
        const source = {
          databases: primary.server.databases,
          keysOf: (argv: readonly string[]) => keysOfEffect(primary, argv),
        }
        // Two words at once: most values take several steps.
        const snapshot = new Snapshot(source, 2)
        replica.receive(snapshot.begin())
        const encoder = new EffectEncoder()
        let complete = false
        const slice = () => {
          primary.runUnit(() => {
            const text = snapshot.next(1)
            if (text === null) complete = true
            else replica.receive(text)
          })
        }
        for (const next of steps) {
          if (next === 'slice') {
            if (!complete) slice()
            continue
          }
          const unit = perform(primary, next.databaseIndex, next.commands)
          if (unit.length === 0) continue
          if (complete) replica.receive(encoder.encode(unit))
          else {
            const translated = snapshot.translate(unit)
            if (translated.type === 'text') replica.receive(translated.text)
          }
        }
        while (!complete) slice()
        expect(replica.errors).toEqual([])
        expect(contentsOf(replica.node)).toEqual(contentsOf(primary))
      }),
      { numRuns: 1000 },
    )
  })

  test('asks for a new beginning when a command without keys cannot join a partial copy', () => {
    const node = new Node()
    const snapshot = new Snapshot({ databases: node.server.databases, keysOf: (argv) => keysOfEffect(node, argv) })
    expect(snapshot.translate([{ databaseIndex: 0, argv: ['SWAPDB', '0', '1'] }])).toEqual({ type: 'restart' })
  })
})

describe('a stream of effects', () => {
  test('is understood however its bytes are cut, and offsets count them', () => {
    const units: Effect[][] = [
      [{ databaseIndex: 0, argv: ['SET', 'k', '\r\n\0\xff'] }],
      [
        { databaseIndex: 3, argv: ['DEL', 'a'] },
        { databaseIndex: 3, argv: ['RPUSH', 'l', '', 'x'] },
      ],
      [{ databaseIndex: 0, argv: ['INCR', 'k'] }],
    ]
    const encoder = new EffectEncoder()
    const texts = units.map((unit) => encoder.encode(unit))
    const synced = '*4\r\n$8\r\nREPLCONF\r\n$6\r\nSYNCED\r\n$2\r\nid\r\n$3\r\n100\r\n'
    const bytes = Buffer.from(synced + texts.join(''), 'latin1')
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length), { maxLength: 8 }), (cuts) => {
        const stream = new PrimaryStream()
        const applied: Effect[] = []
        const positions = [0, ...cuts.sort((one, other) => one - other), bytes.length]
        positions.forEach((position, index) => {
          const chunk = bytes.subarray(position, positions[index + 1] ?? position)
          if (chunk.length === 0) return
          stream.push(chunk)
          for (const step of stream.steps()) if (step.type === 'apply') applied.push(...step.effects)
        })
        expect(applied).toEqual(units.flat())
        expect(stream.offset).toBe(100 + texts.join('').length)
      }),
    )
  })

  test('holds a transaction back until all of it is there', () => {
    const stream = new PrimaryStream()
    const text = new EffectEncoder().encode([
      { databaseIndex: 0, argv: ['SET', 'a', '1'] },
      { databaseIndex: 0, argv: ['SET', 'b', '2'] },
    ])
    stream.push(Buffer.from(text.slice(0, -4), 'latin1'))
    expect([...stream.steps()]).toEqual([])
    stream.push(Buffer.from(text.slice(-4), 'latin1'))
    expect([...stream.steps()]).toMatchObject([{ type: 'apply', effects: [{}, {}] }])
  })
})
