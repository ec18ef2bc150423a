import type { QueryTrace } from 'activeredis'
import type { PlainCity } from './city.js'

/** What a question brought back, reduced to what is compared. */
export interface Answer {
  /** Ids of the rows in the order in which they came; or the single number that was asked for. */
  readonly ids: readonly string[]
  readonly rows: number
}

/** Collects the traces of the queries that a question sent. */
export interface TraceCollector {
  readonly add: (trace: QueryTrace) => void
  readonly slots: ReadonlySet<number>
}

/** One question of the demo, asked of the database and of the plain array. */
export interface Question {
  readonly text: string
  /** How often it is asked; the median time is shown. A question that changes data is asked once. */
  readonly runs: number
  ask(traces: TraceCollector): Promise<Answer>
  expected(cities: readonly PlainCity[]): Answer
  /** Whether the order of the rows is part of the answer. */
  readonly ordered: boolean
}

/** What differs between two answers, in words; null when nothing does. */
export const difference = (question: Question, actual: Answer, expected: Answer): string | null => {
  if (actual.rows !== expected.rows) return `${actual.rows} rows instead of ${expected.rows}`
  const left = question.ordered ? actual.ids : [...actual.ids].sort()
  const right = question.ordered ? expected.ids : [...expected.ids].sort()
  const at = right.findIndex((id, index) => left[index] !== id)
  if (at !== -1 || left.length !== right.length) {
    return `row ${at + 1} is ${left[at] ?? 'missing'} instead of ${right[at] ?? 'none'}`
  }
  return null
}

export const traceCollector = (): TraceCollector => {
  const slots = new Set<number>()
  return {
    slots,
    add(trace) {
      for (const slot of trace.slots) slots.add(slot)
    },
  }
}
