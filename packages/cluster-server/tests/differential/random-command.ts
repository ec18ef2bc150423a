import type { Comparison } from './comparison.js'
import type { Words } from './words.js'

/** A command, and how the replies to it must agree. */
export interface RandomCommand {
  readonly argv: readonly string[]
  readonly compare: Comparison
}

/** Makes the words behind the name of a command. */
type MakeWords = (words: Words) => readonly string[]

/** One command in its random forms. */
export interface CommandForm {
  readonly name: string
  readonly compare: Comparison
  readonly words: MakeWords
  /** False where a wrong word could make a server answer without end, or depend on the time. Default true. */
  readonly damageable?: boolean
  /** The command changes data at random: the key is deleted behind it, so that both servers stay equal. */
  readonly diverges?: boolean
  /** Only by itself: not in a transaction, not from a script, never with a wrong word. */
  readonly isolated?: boolean
  /** Seldom, as it leaves little to compare. */
  readonly rare?: boolean
  /**
   * It may meet keys whose deadline has passed, in an order of the server's own: they are removed before, so that both
   * servers remove them at the same point.
   */
  readonly meetsAnyKey?: boolean
  /** What is sent right behind it. */
  readonly followedBy?: readonly (readonly string[])[]
}

/** Declares a command form. */
export const form = (
  name: string,
  words: MakeWords,
  compare: Comparison = 'exact',
  more: Partial<Omit<CommandForm, 'name' | 'words' | 'compare'>> = {},
): CommandForm => ({ name, words, compare, ...more })
