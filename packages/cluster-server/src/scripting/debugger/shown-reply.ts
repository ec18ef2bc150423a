import { quoteText } from '../../quote-text.js'

/** A reply of the protocol as the debugger prints it. @returns its text, and where the next one begins */
const shownAt = (reply: string, start: number): readonly [text: string, end: number] => {
  const lineEnd = reply.indexOf('\r', start)
  const head = reply.slice(start + 1, lineEnd)
  const next = lineEnd + 2
  switch (reply[start]) {
    case ':':
      return [head, next]
    case '$': {
      const length = Number(head)
      return length === -1 ? ['NULL', next] : [quoteText(reply.slice(next, next + length)), next + length + 2]
    }
    case '+':
    case '-':
      return [quoteText(reply.slice(start, lineEnd)), next]
    case '*':
      return head === '-1' ? ['NULL', next] : several(reply, next, Number(head), '[', ']')
    case '~':
      return several(reply, next, Number(head), '~(', ')')
    case '%':
      return pairs(reply, next, Number(head))
    case '_':
      return ['(null)', next]
    case '#':
      return [head === 't' ? '#true' : '#false', next]
    case ',':
      return [`(double) ${head}`, next]
    default:
      return ['', start]
  }
}

const several = (
  reply: string,
  start: number,
  count: number,
  open: string,
  close: string,
): readonly [string, number] => {
  const texts: string[] = []
  let at = start
  for (let i = 0; i < count; i++) {
    const [text, end] = shownAt(reply, at)
    texts.push(text)
    at = end
  }
  return [`${open}${texts.join(',')}${close}`, at]
}

const pairs = (reply: string, start: number, count: number): readonly [string, number] => {
  const texts: string[] = []
  let at = start
  for (let i = 0; i < count; i++) {
    const [key, afterKey] = shownAt(reply, at)
    const [value, end] = shownAt(reply, afterKey)
    texts.push(`${key} => ${value}`)
    at = end
  }
  return [`{${texts.join(',')}}`, at]
}

/** An encoded reply as the debugger prints it. */
export const shownReply = (encoded: string): string => shownAt(encoded, 0)[0]
