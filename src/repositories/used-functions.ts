/** A part of a script: a function that is defined at its top level, or what stands between such functions. */
interface Part {
  /** Null: no function. */
  readonly name: string | null
  readonly text: string
  /** Every word in it. */
  readonly words: ReadonlySet<string>
}

/**
 * A script without the functions that it never reaches: each that is defined costs every call of the script, used or not. A function
 * of the top level begins with `local function name(` at the beginning of a line. Whatever else stands at the top level is kept,
 * and so is a function whose name occurs in what is kept, be it in a text.
 */
export function withUsedFunctions(source: string): string {
  const parts = partsOf(source.split('\n').filter((line) => line !== ''))
  const functions = new Map(parts.map((part) => [part.name, part]))
  const used = new Set<Part>()
  const reach = (part: Part): void => {
    if (used.has(part)) return
    used.add(part)
    for (const word of part.words) {
      const named = functions.get(word)
      if (named !== undefined) reach(named)
    }
  }
  for (const part of parts) if (part.name === null) reach(part)
  return parts
    .filter((part) => used.has(part))
    .map(({ text }) => text)
    .join('\n')
}

function partsOf(lines: readonly string[]): Part[] {
  const parts: Part[] = []
  let between = 0
  for (let index = 0; index < lines.length; ) {
    const name = /^local function (\w+)\(/.exec(lines[index] ?? '')?.[1]
    if (name === undefined) {
      index++
      continue
    }
    const next = endOf(lines, index) + 1
    if (between < index) parts.push(partOf(null, lines.slice(between, index)))
    parts.push(partOf(name, lines.slice(index, next)))
    between = next
    index = next
  }
  if (between < lines.length) parts.push(partOf(null, lines.slice(between)))
  return parts
}

/** Scripts share most of their functions: the words of each are looked for once. */
const wordsByText = new Map<string, ReadonlySet<string>>()

function partOf(name: string | null, lines: readonly string[]): Part {
  const text = lines.join('\n')
  const words = wordsByText.get(text) ?? new Set(text.match(/[A-Za-z_]\w*/g))
  wordsByText.set(text, words)
  return { name, text, words }
}

/** Texts and comments, which may hold any word, and the words that begin and end blocks. `for` and `while` have a `do`. */
const TOKEN = /--[^\n]*|'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|\[\[.*?\]\]|\b(?:(function|if|do|repeat)|(end|until))\b/g

/** The line on which the function that begins on a line ends. */
function endOf(lines: readonly string[], start: number): number {
  let depth = 0
  for (let index = start; index < lines.length; index++) {
    for (const [, opening, closing] of (lines[index] ?? '').matchAll(TOKEN)) {
      if (opening !== undefined) depth++
      if (closing !== undefined) depth--
    }
    if (depth === 0) return index
  }
  throw new TypeError(`This function of a script has no end: ${lines[start]}`)
}
