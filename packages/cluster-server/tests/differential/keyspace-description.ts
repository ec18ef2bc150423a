import { NEAR_MS, showUntimed } from './comparison.js'
import type { WireClient } from './wire-client.js'
import { readReply, showReply, type WireReply } from './wire-reply.js'

/** Deadlines are compared in steps of this size: relative ones depend on the moment of the command. */
const DEADLINE_STEP_MS = 3_600_000

const readers: Readonly<Record<string, (key: string) => string[]>> = {
  string: (key) => ['GET', key],
  hash: (key) => ['HGETALL', key],
  list: (key) => ['LRANGE', key, '0', '-1'],
  set: (key) => ['SMEMBERS', key],
  zset: (key) => ['ZRANGE', key, '0', '-1', 'WITHSCORES'],
  stream: (key) => ['XINFO', 'STREAM', key, 'FULL', 'COUNT', '0'],
}

const contents = (type: string, reply: WireReply): string => {
  if (type === 'stream') return showUntimed(reply)
  if (reply.kind !== 'aggregate' || type === 'list' || type === 'zset') return showReply(reply)
  const width = type === 'hash' ? 2 : 1
  const groups: string[] = []
  for (let i = 0; i < reply.items.length; i += width) {
    groups.push(
      reply.items
        .slice(i, i + width)
        .map(showReply)
        .join(' => '),
    )
  }
  return groups.sort().join(', ')
}

/**
 * One line for each key: its type, encoding, deadline and contents. `deadlines`: exact, or in hours, where commands with
 * relative times ran at two servers at slightly different moments.
 */
export const describeKeyspace = async (client: WireClient, deadlines: 'exact' | 'rough' = 'rough'): Promise<string> => {
  const keys = await client.call('KEYS', '*')
  const names = keys.kind === 'aggregate' ? keys.items.map((item) => (item.kind === 'bulk' ? item.text : '')) : []
  names.sort()
  const facts = await client.send(
    names.flatMap((name) => [
      ['TYPE', name],
      ['OBJECT', 'ENCODING', name],
      ['PEXPIRETIME', name],
    ]),
  )
  const types = names.map((_, index) => lineOf(facts[index * 3]))
  const values = await client.send(names.map((name, index) => (readers[types[index]!] ?? readers.string!)(name)))
  return names
    .map((name, index) => {
      const type = types[index]!
      const encoding = type === 'string' ? '' : showReply(facts[index * 3 + 1]!)
      const atMs = Number(lineOf(facts[index * 3 + 2]))
      const at = deadlines === 'exact' ? `${atMs}ms` : `${Math.round(atMs / DEADLINE_STEP_MS)}h`
      return `${name} ${type} ${encoding} ${at} ${contents(type, values[index]!)}`
    })
    .join('\n')
}

const lineOf = (reply: WireReply | undefined): string => (reply?.kind === 'line' ? reply.text : '')

/** Describes the keys of the databases that streams use as a list of database, name, type, encoding, deadline and value. */
const DESCRIBE = `
  local readers = {string = {'GET'}, hash = {'HGETALL'}, list = {'LRANGE', 0, -1}, set = {'SMEMBERS'},
    zset = {'ZRANGE', 0, -1, 'WITHSCORES'}}
  local described = {}
  for database = 0, 1 do
    redis.call('SELECT', database)
    for _, name in ipairs(redis.call('KEYS', '*')) do
      local type = redis.call('TYPE', name).ok
      local reader = readers[type]
      local value = type == 'stream' and redis.call('XINFO', 'STREAM', name, 'FULL', 'COUNT', 0)
        or redis.call(reader[1], name, unpack(reader, 2))
      local encoding = type == 'string' and '' or redis.call('OBJECT', 'ENCODING', name)
      described[#described + 1] = {database, name, type, encoding, redis.call('PEXPIRETIME', name), value}
    end
  end
  return described`

/** The command that describes all keys at once, for a server that both runs scripts and holds every key. */
export const DESCRIPTION = ['EVAL', DESCRIBE, '0']

interface DescribedKey {
  readonly line: string
  readonly deadlineMs: number
}

const describedKeys = (text: string): Map<string, DescribedKey> => {
  const described = readReply(text)
  if (described.kind !== 'aggregate') throw new Error(`the keys cannot be described: ${showReply(described)}`)
  return new Map(
    described.items.map((item) => {
      const [database, name, type, encoding, deadline, value] = (item.kind === 'aggregate' ? item.items : []).map(
        (part) => ({ part, text: part.kind === 'line' || part.kind === 'bulk' ? part.text : '' }),
      )
      const key = `${database?.text} ${JSON.stringify(name?.text)}`
      const contained = value === undefined ? '' : contents(type?.text ?? '', value.part)
      return [key, { line: `${type?.text} ${encoding?.text} ${contained}`, deadlineMs: Number(deadline?.text) }]
    }),
  )
}

const showKey = (key: DescribedKey | undefined): string => (key ? `${key.line}, until ${key.deadlineMs}` : 'missing')

/** The first key in which two servers differ by their answers to `DESCRIPTION`, or undefined. */
export const descriptionsDiffer = (ourText: string, realText: string): string | undefined => {
  if (ourText === realText) return undefined
  const [ours, real] = [describedKeys(ourText), describedKeys(realText)]
  for (const name of new Set([...real.keys(), ...ours.keys()])) {
    const [our, their] = [ours.get(name), real.get(name)]
    if (our && their && our.line === their.line && Math.abs(our.deadlineMs - their.deadlineMs) <= NEAR_MS) continue
    return `the key ${name} differs\n  real: ${showKey(their)}\n  ours: ${showKey(our)}`
  }
  return undefined
}
