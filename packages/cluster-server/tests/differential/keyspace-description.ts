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
  const lines: string[] = []
  for (const name of names.sort()) {
    const [type, encoding, deadline] = await client.send([
      ['TYPE', name],
      ['OBJECT', 'ENCODING', name],
      ['PEXPIRETIME', name],
    ])
    const typeName = type?.kind === 'line' ? type.text : ''
    const value = await client.call(...(readers[typeName] ?? readers.string!)(name))
    const encodingName = typeName === 'string' ? '' : showReply(encoding!)
    const atMs = deadline?.kind === 'line' ? Number(deadline.text) : 0
    const at = deadlines === 'exact' ? `${atMs}ms` : `${Math.round(atMs / DEADLINE_STEP_MS)}h`
    lines.push(`${name} ${typeName} ${encodingName} ${at} ${contents(typeName, value)}`)
  }
  return lines.join('\n')
}
