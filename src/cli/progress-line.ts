/** Where a progress line is written: stderr, or what a test gives. */
export interface ProgressOutput {
  readonly isTTY?: boolean
  readonly columns?: number
  write(text: string): unknown
}

const BAR_WIDTH = 24

/** One line on a terminal that is written over again and again; nothing where the output is no terminal. */
export class ProgressLine {
  readonly #output: ProgressOutput | null
  #isShown = false

  /** @param output Null: nothing is shown. */
  constructor(output: ProgressOutput | null) {
    this.#output = output?.isTTY === true ? output : null
  }

  /** Shows how much of the whole is done, 0 … 1, and a text. */
  show(part: number, text: string): void {
    if (this.#output === null) return
    const filled = Math.round(Math.min(1, Math.max(0, part)) * BAR_WIDTH)
    const line = `${'█'.repeat(filled)}${'░'.repeat(BAR_WIDTH - filled)} ${text}`
    this.#output.write(`\r${line.slice(0, (this.#output.columns || 80) - 1)}\u001b[K`)
    this.#isShown = true
  }

  /** Removes the line. */
  clear(): void {
    if (this.#output === null || !this.#isShown) return
    this.#output.write('\r\u001b[K')
    this.#isShown = false
  }
}
