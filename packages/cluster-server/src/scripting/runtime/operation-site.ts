import type { Position } from './call-stack.js'

/** An operation that can fail: its line, and what the script calls its operands (`local 'a'`), or ''. */
export interface OperationSite {
  readonly position: Position
  readonly left: string
  readonly right: string
}
