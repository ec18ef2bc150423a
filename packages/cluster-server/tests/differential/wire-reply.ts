/** A reply as it came over the wire, of either protocol version; text is latin1. */
export type WireReply =
  | { readonly kind: 'line'; readonly prefix: string; readonly text: string }
  | { readonly kind: 'bulk'; readonly prefix: string; readonly text: string }
  | { readonly kind: 'null'; readonly prefix: string }
  | { readonly kind: 'aggregate'; readonly prefix: string; readonly items: readonly WireReply[] }

interface Parsed {
  readonly reply: WireReply
  readonly end: number
}

const AGGREGATES = '*~>%'

/** Where the reply that begins at `start` ends; -1 while it is incomplete. Makes nothing, so that replies can be compared as text. */
export const endOfReply = (text: string, start: number): number => {
  let position = start
  for (let owed = 1; owed > 0; owed--) {
    const lineEnd = text.indexOf('\r\n', position)
    if (lineEnd === -1) return -1
    const prefix = text.charAt(position)
    const isBulk = prefix === '$' || prefix === '='
    const length = isBulk || AGGREGATES.includes(prefix) ? Number(text.slice(position + 1, lineEnd)) : 0
    position = lineEnd + 2
    if (isBulk && length >= 0) position += length + 2
    else if (length > 0) owed += prefix === '%' ? length * 2 : length
    if (position > text.length) return -1
  }
  return position
}

/** The reply that begins at `start`, and where it ends; undefined while it is incomplete. */
export const parseWireReply = (text: string, start: number): Parsed | undefined => {
  const lineEnd = text.indexOf('\r\n', start)
  if (lineEnd === -1) return undefined
  const prefix = text.charAt(start)
  const line = text.slice(start + 1, lineEnd)
  const next = lineEnd + 2
  switch (prefix) {
    case '$':
    case '=': {
      if (line === '-1') return { reply: { kind: 'null', prefix }, end: next }
      const end = next + Number(line)
      if (text.length < end + 2) return undefined
      return { reply: { kind: 'bulk', prefix, text: text.slice(next, end) }, end: end + 2 }
    }
    case '*':
    case '~':
    case '>':
    case '%': {
      if (line === '-1') return { reply: { kind: 'null', prefix }, end: next }
      return parseItems(text, prefix, Number(line) * (prefix === '%' ? 2 : 1), next)
    }
    case '_':
      return { reply: { kind: 'null', prefix }, end: next }
    case '+':
    case '-':
    case ':':
    case ',':
    case '#':
    case '(':
      return { reply: { kind: 'line', prefix, text: line }, end: next }
    default:
      throw new Error(`a reply begins with ${JSON.stringify(text.slice(start, start + 40))}`)
  }
}

const parseItems = (text: string, prefix: string, count: number, start: number): Parsed | undefined => {
  const items: WireReply[] = []
  let end = start
  for (let i = 0; i < count; i++) {
    const item = parseWireReply(text, end)
    if (!item) return undefined
    items.push(item.reply)
    end = item.end
  }
  return { reply: { kind: 'aggregate', prefix, items }, end }
}

/** One line that names every byte of a reply; equal lines mean equal bytes. */
export const showReply = (reply: WireReply): string => {
  switch (reply.kind) {
    case 'line':
      return `${reply.prefix}${reply.text}`
    case 'bulk':
      return `${reply.prefix}${JSON.stringify(reply.text)}`
    case 'null':
      return `${reply.prefix}null`
    case 'aggregate':
      return `${reply.prefix}[${reply.items.map(showReply).join(', ')}]`
    default:
      return reply satisfies never
  }
}

/** A whole reply. */
export const readReply = (text: string): WireReply => {
  const parsed = parseWireReply(text, 0)
  if (parsed === undefined) throw new Error(`not a whole reply: ${JSON.stringify(text.slice(0, 80))}`)
  return parsed.reply
}
