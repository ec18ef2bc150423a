import { readdirSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { allCommands } from '../../src/commands/table.js'
import type { WireReply } from '../differential/wire-reply.js'
import { describeBesideRedis, ServerPair } from '../support/server-pair.js'

/** Commands of later versions that clients send to every server. */
const NEWER = new Set(['client|setinfo'])
const SUBCOMMANDS = 9
const UNORDERED = new Set([2, 6, 7])

/** A reply as plain data; sets without an order are sorted. */
const plain = (reply: WireReply | undefined): unknown => {
  if (reply === undefined || reply.kind === 'null') return null
  return reply.kind === 'aggregate' ? reply.items.map(plain) : reply.text
}

interface Description {
  readonly name: string
  readonly facts: readonly unknown[]
  readonly subcommands: readonly Description[]
}

const describeReply = (reply: WireReply): Description => {
  if (reply.kind !== 'aggregate') throw new Error(`not a command description: ${JSON.stringify(reply)}`)
  const subcommands = reply.items[SUBCOMMANDS]
  const facts = reply.items.slice(1, SUBCOMMANDS).map((item, i) => {
    const value = plain(item)
    return UNORDERED.has(i + 1) && Array.isArray(value) ? [...value].sort() : value
  })
  return {
    name: String(plain(reply.items[0])),
    facts,
    subcommands: subcommands?.kind === 'aggregate' ? subcommands.items.map(describeReply) : [],
  }
}

describeBesideRedis('what COMMAND INFO says of each command', () => {
  let pair: ServerPair
  beforeAll(async () => {
    pair = await ServerPair.start()
  })
  afterAll(() => pair?.close())

  test.each(allCommands.map(({ name }) => name))(
    '%s has the arity, flags, keys, categories and tips of Redis',
    async (name) => {
      const [ours] = await pair.ours.send([['COMMAND', 'INFO', name]])
      const [real] = await pair.real.send([['COMMAND', 'INFO', name]])
      const [mine, theirs] = [ours, real].map((reply) =>
        reply?.kind === 'aggregate' && reply.items[0]?.kind === 'aggregate' ? describeReply(reply.items[0]) : null,
      )
      expect(mine?.facts).toEqual(theirs?.facts)
      for (const subcommand of mine?.subcommands ?? []) {
        if (NEWER.has(subcommand.name)) continue
        expect(subcommand).toEqual(theirs?.subcommands.find((candidate) => candidate.name === subcommand.name))
      }
    },
  )
})

describe('the command table', () => {
  test('has every command that a file declares', () => {
    const folder = new URL('../../src/commands/', `file://${__filename}`)
    const declared = readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts'))
      .flatMap((path) => {
        const source = readFileSync(new URL(path, folder), 'utf8')
        return [...source.matchAll(/^export const \w+ = defineCommand\(\{\s+name: '([a-z_-]+)'/gm)].map(
          (match) => match[1],
        )
      })
    const known = new Set(
      allCommands.flatMap((command) => [command.name, ...(command.subcommands ?? []).map((sub) => sub.name)]),
    )
    expect(declared.filter((name) => !known.has(name!))).toEqual([])
    expect(declared.length).toBeGreaterThan(100)
  })

  test('names each command once', () => {
    const names = allCommands.map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
  })
})
