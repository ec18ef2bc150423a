const MOST_WORDS = 1024
const LONGEST_WORD = 1024

/** What stands in the input of a debugger: the words of a command, a part of one, or no command at all. */
export type ReadCommand = readonly string[] | 'incomplete' | 'malformed'

/** C's `atoi`. */
export const wholeNumber = (text: string): number => Number(/^\s*[+-]?\d+/.exec(text)?.[0] ?? 0)

/** Reads one command in the form of the protocol; what follows it is not looked at, as in Redis. */
export const readCommand = (text: string): ReadCommand => {
  const start = text.indexOf('*')
  if (text === '') return 'incomplete'
  if (start === -1) return 'malformed'
  let lineEnd = text.indexOf('\r\n', start)
  if (lineEnd === -1) return 'incomplete'
  const count = wholeNumber(text.slice(start + 1, lineEnd))
  if (count <= 0 || count > MOST_WORDS) return 'malformed'
  const words: string[] = []
  let at = lineEnd + 2
  while (words.length < count) {
    if (at >= text.length) return 'incomplete'
    if (text[at] !== '$') return 'malformed'
    lineEnd = text.indexOf('\r\n', at)
    if (lineEnd === -1) return 'incomplete'
    const length = wholeNumber(text.slice(at + 1, lineEnd))
    if (length <= 0 || length > LONGEST_WORD) return 'malformed'
    at = lineEnd + 2
    if (at + length + 2 > text.length) return 'incomplete'
    words.push(text.slice(at, at + length))
    at += length
    if (text.slice(at, at + 2) !== '\r\n') return 'malformed'
    at += 2
  }
  return words
}
