/** How much one script call of a query does before it answers with what it has, and is called again. */
export interface ScriptBudget {
  /** Candidates examined. 10,000 take a server some 5 to 15 ms, in which it does nothing else. */
  readonly candidates: number
  /** Candidates read and tested at a time, at most 1000. */
  readonly chunk: number
}

export const defaultBudget: ScriptBudget = { candidates: 10_000, chunk: 250 }
