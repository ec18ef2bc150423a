import type { Effect } from '../commands/replication-state.js'

/** A command as the array of bulk strings in which it goes over the wire; latin1. */
export const encodeCommand = (argv: readonly string[]): string => {
  let text = `*${argv.length}\r\n`
  for (const word of argv) text += `$${word.length}\r\n${word}\r\n`
  return text
}

const MULTI = encodeCommand(['MULTI'])
const EXEC = encodeCommand(['EXEC'])

/** Writes units of effects as one stream of commands: SELECT where the database changes, also before the MULTI of a unit. */
export class EffectEncoder {
  #databaseIndex: number | null = null

  /** The database that the stream is at; 0 before the first SELECT. */
  get databaseIndex(): number {
    return this.#databaseIndex ?? 0
  }

  /** The next unit begins with SELECT, for a reader who joins here. */
  forgetDatabase(): void {
    this.#databaseIndex = null
  }

  encode(unit: readonly Effect[]): string {
    const [first] = unit
    if (first === undefined) return ''
    let text = this.#select(first.databaseIndex)
    if (unit.length === 1) return text + encodeCommand(first.argv)
    text += MULTI
    for (const { databaseIndex, argv } of unit) text += this.#select(databaseIndex) + encodeCommand(argv)
    return text + EXEC
  }

  #select(databaseIndex: number): string {
    if (databaseIndex === this.#databaseIndex) return ''
    this.#databaseIndex = databaseIndex
    return encodeCommand(['SELECT', String(databaseIndex)])
  }
}
