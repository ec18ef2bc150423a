import { undoLog } from '../../src/keyspace/undo-log.js'

/** What V8 throws at one of its limits. */
const limitReached = (): RangeError => new RangeError('Map maximum size exceeded')

let left = 0
/** What was noted: who changed, and how. */
export const noted = new Set<string>()
const { note, noteAgain } = undoLog

const counted = (): void => {
  if (--left === 0) throw limitReached()
}

/** From now on something is thrown right behind the change number `count` that is noted. */
export const breakOffAt = (count: number): void => {
  left = count
  undoLog.note = (...operands) => {
    note.apply(undoLog, operands)
    noted.add(`${operands[0].constructor.name} ${operands[1]}`)
    counted()
  }
  undoLog.noteAgain = (...operands) => {
    undoLog.note = note
    noteAgain.apply(undoLog, operands)
    noted.add(`${operands[0].constructor.name} ${operands[1]}`)
    breakOffAt(left)
    counted()
  }
}

/** Nothing is thrown any more. @returns whether it was */
export const goThrough = (): boolean => {
  undoLog.note = note
  undoLog.noteAgain = noteAgain
  return left <= 0
}
