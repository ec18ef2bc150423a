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
}

/** Declares a command form. */
export const form = (
  name: string,
  words: MakeWords,
  compare: Comparison = 'exact',
  more: { damageable?: boolean; diverges?: boolean } = {},
): CommandForm => ({ name, words, compare, ...more })
