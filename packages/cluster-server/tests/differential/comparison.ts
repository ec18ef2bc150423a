import { showReply, type WireReply } from './wire-reply.js'

/**
 * How two replies to one command must agree. `exact`: every byte. `sorted`: the same elements in any order. `pairs`: the
 * same field and value pairs in any order. `scan`: a finished scan with the same elements, `scanPairs` with the same
 * pairs. `shape`: the same types and lengths, the contents being random. `near`: integers at most a minute apart, in milliseconds.
 * `untimed`: every byte but times, deliveries and idle times of streams. `ignored`: anything. A list compares the replies of EXEC.
 */
export type Comparison =
  | 'exact'
  | 'sorted'
  | 'pairs'
  | 'scan'
  | 'scanPairs'
  | 'shape'
  | 'near'
  | 'untimed'
  | 'ignored'
  | readonly Comparison[]

/** How far apart two servers may be that run the same commands, one of them on a busy machine. */
export const NEAR_MS = 60_000

const itemsOf = (reply: WireReply): readonly WireReply[] | undefined =>
  reply.kind === 'aggregate' ? reply.items : undefined

const sortedText = (reply: WireReply, width: number): string => {
  const items = itemsOf(reply)
  if (!items) return showReply(reply)
  const groups: string[] = []
  for (let i = 0; i < items.length; i += width)
    groups.push(
      items
        .slice(i, i + width)
        .map(showReply)
        .join(' => '),
    )
  return `${reply.prefix}{${groups.sort().join(', ')}}`
}

const scanText = (reply: WireReply, width: number): string => {
  const [cursor, elements] = itemsOf(reply) ?? []
  return cursor && elements ? `${showReply(cursor)} ${sortedText(elements, width)}` : showReply(reply)
}

const shapeText = (reply: WireReply): string => {
  const items = itemsOf(reply)
  if (items) return `${reply.prefix}[${items.map(shapeText).join(',')}]`
  return reply.kind === 'line' && reply.prefix === '-' ? showReply(reply) : `${reply.prefix}${reply.kind}`
}

const areNear = (a: WireReply, b: WireReply): boolean =>
  a.kind === 'line' && b.kind === 'line' && a.prefix === ':' && b.prefix === ':'
    ? Math.sign(Number(a.text)) === Math.sign(Number(b.text)) && Math.abs(Number(a.text) - Number(b.text)) <= NEAR_MS
    : showReply(a) === showReply(b)

/** A reply without its times in milliseconds: of now, of when an entry was delivered, and for how long it has been idle. */
export const showUntimed = (reply: WireReply): string =>
  showReply(reply)
    .replace(/:\d{13}\b/g, ':time')
    .replace(/\$"idle", :\d+/g, '$"idle", :time')
    .replace(/(\*\[\$"\d+-\d+", \$"(?:[^"\\]|\\.)*"), :(?:\d+|time),/g, '$1, :time,')

/** Whether two replies agree. */
export const repliesAgree = (a: WireReply, b: WireReply, comparison: Comparison): boolean => {
  if (typeof comparison !== 'string') {
    const itemsA = itemsOf(a)
    const itemsB = itemsOf(b)
    if (!itemsA || !itemsB) return showReply(a) === showReply(b)
    return itemsA.length === itemsB.length && itemsA.every((item, i) => repliesAgree(item, itemsB[i]!, comparison[i]!))
  }
  switch (comparison) {
    case 'exact':
      return showReply(a) === showReply(b)
    case 'sorted':
      return sortedText(a, 1) === sortedText(b, 1)
    case 'pairs':
      return sortedText(a, 2) === sortedText(b, 2)
    case 'scan':
      return scanText(a, 1) === scanText(b, 1)
    case 'scanPairs':
      return scanText(a, 2) === scanText(b, 2)
    case 'shape':
      return shapeText(a) === shapeText(b)
    case 'near':
      return areNear(a, b)
    case 'untimed':
      return showUntimed(a) === showUntimed(b)
    case 'ignored':
      return true
    default:
      return comparison satisfies never
  }
}
