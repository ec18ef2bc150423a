import type { Effect } from '../commands/replication-state.js'

/** A command as the array of bulk strings in which it goes over the wire; latin1. */
export const encodeCommand = (argv: readonly string[]): string => {
  let text = `*${argv.length}\r\n`
  for (const word of argv) text += `$${word.length}\r\n${word}\r\n`
  return text
}

const MULTI = encodeCommand(['MULTI'])
const EXEC = encodeCommand(['EXEC'])

/** Writes units of effects as one stream of commands: SELECT where the database changes, MULTI … EXEC around a unit. */
export class EffectEncoder {
  #databaseIndex: number | null = null

  /** The next unit begins with SELECT, for a reader who joins here. */
  forgetDatabase(): void {
    this.#databaseIndex = null
  }

  encode(unit: readonly Effect[]): string {
    const body = unit.map((effect) => this.#encodeEffect(effect)).join('')
    return unit.length > 1 ? MULTI + body + EXEC : body
  }

  #encodeEffect({ databaseIndex, argv }: Effect): string {
    const command = encodeCommand(argv)
    if (databaseIndex === this.#databaseIndex) return command
    this.#databaseIndex = databaseIndex
    return encodeCommand(['SELECT', String(databaseIndex)]) + command
  }
}
