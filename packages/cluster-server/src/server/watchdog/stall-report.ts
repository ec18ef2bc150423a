/** The first and the last line of a report, which are those of redis-server. */
export const REPORT_BEGINS = '--- WATCHDOG TIMER EXPIRED ---'
export const REPORT_ENDS = '--------'

/** What a report says in its middle of a turn that does not end. `stack`: null when none could be taken. */
export const stackSection = (stack: readonly string[] | null): string =>
  stack === null
    ? 'No stack could be taken of it.'
    : `------ STACK TRACE ------\n${stack.map((line) => `    at ${line}`).join('\n')}\n`
