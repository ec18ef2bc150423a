import { ProtocolError } from './protocol-error.js'

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', a: '\x07' }
const isSpace = (code: number): boolean => code === 32 || (code >= 9 && code <= 13)

/**
 * Splits a line that a person typed into words: `"…"` knows the escapes `\n \r \t \b \a \xHH`, `'…'` knows `\'`.
 * @throws ProtocolError when a quotation mark is not closed, or is followed by something else than a space.
 * Source of the rules: `sdssplitargs` of Redis.
 */
export const splitInlineCommand = (line: string): string[] => {
  const words: string[] = []
  let position = 0
  for (;;) {
    while (isSpace(line.charCodeAt(position))) position++
    if (position >= line.length) return words
    const word = readWord(line, position)
    words.push(word.text)
    position = word.end
  }
}

interface Word {
  readonly text: string
  readonly end: number
}

const readWord = (line: string, start: number): Word => {
  let text = ''
  let position = start
  while (position < line.length && !isSpace(line.charCodeAt(position))) {
    const character = line.charAt(position)
    if (character !== '"' && character !== "'") {
      text += character
      position++
      continue
    }
    const quoted = character === '"' ? readDoubleQuoted(line, position + 1) : readSingleQuoted(line, position + 1)
    if (quoted.end < line.length && !isSpace(line.charCodeAt(quoted.end))) throw unbalanced()
    text += quoted.text
    position = quoted.end
  }
  return { text, end: position }
}

const readDoubleQuoted = (line: string, start: number): Word => {
  let text = ''
  for (let position = start; position < line.length; position++) {
    const character = line.charAt(position)
    if (character === '"') return { text, end: position + 1 }
    if (character !== '\\' || position + 1 >= line.length) {
      text += character
      continue
    }
    const hexadecimal = /^x[0-9a-fA-F]{2}/.exec(line.slice(position + 1, position + 4))
    if (hexadecimal !== null) {
      text += String.fromCharCode(Number.parseInt(hexadecimal[0].slice(1), 16))
      position += 3
    } else {
      const escaped = line.charAt(position + 1)
      text += ESCAPES[escaped] ?? escaped
      position++
    }
  }
  throw unbalanced()
}

const readSingleQuoted = (line: string, start: number): Word => {
  let text = ''
  for (let position = start; position < line.length; position++) {
    const character = line.charAt(position)
    if (character === "'") return { text, end: position + 1 }
    if (character === '\\' && line.charAt(position + 1) === "'") {
      text += "'"
      position++
    } else text += character
  }
  throw unbalanced()
}

const unbalanced = (): ProtocolError => new ProtocolError('unbalanced quotes in request')
