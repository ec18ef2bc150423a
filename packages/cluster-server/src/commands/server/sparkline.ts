/** One column of a graph. */
export interface GraphSample {
  readonly value: number
  /** Written downwards below the column. */
  readonly label: string
}

const CHARACTERS = '_o#'
const FILL = '|'

/** A graph in letters, `rows` high, in parts of `columns`; `sparkline.c` of Redis. */
export const drawSparkline = (samples: readonly GraphSample[], columns: number, rows: number): string => {
  const values = samples.map(({ value }) => value)
  const lowest = Math.min(...values)
  const span = Math.max(...values) - lowest || 1
  const parts: string[] = []
  for (let start = 0; start < samples.length; start += columns) {
    parts.push(drawPart(samples.slice(start, start + columns), lowest, span, rows))
  }
  return parts.join('\n')
}

const drawPart = (samples: readonly GraphSample[], lowest: number, span: number, rows: number): string => {
  const steps = CHARACTERS.length * rows
  const levels = samples.map(({ value }) => Math.min(steps - 1, Math.trunc(((value - lowest) * steps) / span)))
  const lines: string[] = []
  for (let row = 0; row < rows; row++) {
    const base = (rows - row - 1) * CHARACTERS.length
    lines.push(levels.map((level) => (level < base ? ' ' : (CHARACTERS[level - base] ?? FILL))).join(''))
  }
  lines.push(' '.repeat(samples.length))
  const deepest = Math.max(...samples.map(({ label }) => label.length))
  for (let i = 0; i < deepest; i++) lines.push(samples.map(({ label }) => label[i] ?? ' ').join(''))
  return lines.map((line) => `${line}\n`).join('')
}
