import { showUntimed } from './comparison.js'
import type { WireClient } from './wire-client.js'
import { showReply, type WireReply } from './wire-reply.js'

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
