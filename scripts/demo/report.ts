/** One line of the demo's report. */
export interface ReportLine {
  readonly question: string
  readonly rows: number
  /** Median of the runs, milliseconds. */
  readonly timeMs: number
  /** Hash slots from which the answer was read. */
  readonly slots: number
  /** Null when the answer equals the one computed from the plain array; otherwise what differs. */
  readonly difference: string | null
}

const columns = { question: 66, rows: 9, time: 10, slots: 6 }

export const reportHeader = (): string =>
  [
    'question'.padEnd(columns.question),
    'rows'.padStart(columns.rows),
    'time'.padStart(columns.time),
    'slots'.padStart(columns.slots),
    ' equals the plain array',
  ].join(' ')

export const formatLine = (line: ReportLine): string =>
  [
    line.question.padEnd(columns.question),
    line.rows.toLocaleString('en').padStart(columns.rows),
    `${line.timeMs.toFixed(line.timeMs < 100 ? 2 : 0)} ms`.padStart(columns.time),
    String(line.slots).padStart(columns.slots),
    line.difference === null ? ' yes' : ` NO: ${line.difference}`,
  ].join(' ')
