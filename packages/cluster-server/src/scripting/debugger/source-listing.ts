const MOST_BREAKPOINTS = 64
const WHOLE_NUMBER = /^(0|-?[1-9]\d{0,17})$/

/** The lines of a script, and its breakpoints. */
export class SourceListing {
  readonly #lines: readonly string[]
  readonly #breakpoints: number[] = []

  constructor(source: string) {
    this.#lines = source.replace(/[\r\n]+$/, '').split('\n')
  }

  hasBreakpoint(line: number): boolean {
    return this.#breakpoints.includes(line)
  }

  removeBreakpoints(): void {
    this.#breakpoints.length = 0
  }

  /** A line with its number and its marks; `current` is the one at which the script has stopped. */
  show(line: number, current: number): string {
    const arrow = line === current ? '->' : '  '
    const mark = this.hasBreakpoint(line) ? '#' : ' '
    const text = this.#lines[line - 1] ?? '<out of range source code line>'
    return `${arrow}${mark}${String(line).padEnd(3)} ${text}`
  }

  /** The lines up to `context` away from one. */
  around(line: number, context: number, current: number): readonly string[] {
    return this.#lines
      .map((_text, index) => index + 1)
      .filter((each) => Math.abs(line - each) <= context)
      .map((each) => this.show(each, current))
  }

  /** The command `break` with these words. @returns what it answers */
  changeBreakpoints(words: readonly string[], current: number): readonly string[] {
    if (words.length > 0) return words.flatMap((word) => this.#change(word, current))
    if (this.#breakpoints.length === 0) return ["No breakpoints set. Use 'b <line>' to add one."]
    const shown = this.#breakpoints.map((line) => this.show(line, current))
    return [`${shown.length} breakpoints set:`, ...shown]
  }

  #change(word: string, current: number): readonly string[] {
    if (!WHOLE_NUMBER.test(word)) return [`Invalid argument:'${word}'`]
    const line = Number(word)
    if (line === 0) {
      this.removeBreakpoints()
      return ['All breakpoints removed.']
    }
    if (line < 0) {
      const at = this.#breakpoints.indexOf(-line)
      if (at === -1) return ['No breakpoint in the specified line.']
      this.#breakpoints.splice(at, 1)
      return ['Breakpoint removed.']
    }
    if (this.#breakpoints.length === MOST_BREAKPOINTS) return ['Too many breakpoints set.']
    if (line > this.#lines.length || this.hasBreakpoint(line)) return ['Wrong line number.']
    this.#breakpoints.push(line)
    return this.around(line, 1, current)
  }
}
