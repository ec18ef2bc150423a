import { appendFileSync } from 'node:fs'
import type { LogLevel } from '../node-options.js'

const MARKS: Readonly<Record<LogLevel, string>> = { debug: '.', verbose: '-', notice: '*', warning: '#' }
const LEVELS: readonly LogLevel[] = ['debug', 'verbose', 'notice', 'warning']
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** Whose line it is: the program before it serves (`C`), a primary (`M`) or a replica (`S`). */
export type LogRole = 'C' | 'M' | 'S'

/** `20 Nov 2026 12:30:05.123`, local time. */
const stamp = (date: Date): string => {
  const two = (value: number): string => String(value).padStart(2, '0')
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
  const day = `${two(date.getDate())} ${MONTHS[date.getMonth()]} ${date.getFullYear()}`
  return `${day} ${time}.${String(date.getMilliseconds()).padStart(3, '0')}`
}

/** A line of the log in the form of redis-server's, without a line break. */
export const formatLogLine = (role: LogRole, level: LogLevel, message: string, pid: number, date: Date): string =>
  `${pid}:${role} ${stamp(date)} ${MARKS[level]} ${message}`

/** What a log looks at for each line, as it can change while the program runs. */
export interface LogState {
  /** Lines below this level are left out. */
  readonly threshold: LogLevel
  readonly role: LogRole
}

/** Writes lines to `file`, or to standard output for an empty name. */
export class Log {
  readonly #file: string
  readonly #state: () => LogState

  constructor(file: string, state: () => LogState) {
    this.#file = file
    this.#state = state
  }

  write(level: LogLevel, message: string): void {
    const { threshold, role } = this.#state()
    if (LEVELS.indexOf(level) < LEVELS.indexOf(threshold)) return
    this.append(`${formatLogLine(role, level, message, process.pid, new Date())}\n`)
  }

  /** Writes text of its own form. */
  append(text: string): void {
    if (this.#file === '') process.stdout.write(text)
    else appendFileSync(this.#file, text)
  }
}
