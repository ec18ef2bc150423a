import type { Command } from '../commands/command.js'
import type { Statistics } from '../commands/statistics.js'
import { type WireError, wireError, wrongArity } from '../wire-errors.js'
import { PreparedCommand } from './prepared-command.js'

/** Longest piece of the client's words that is repeated in an error. */
const MAX_QUOTED = 128

/** The start of a client's word, up to a NUL, where a string of C ends. */
const quote = (word: string | undefined, limit: number): string => (word ?? '').slice(0, limit).split('\0', 1)[0] ?? ''

/** Finds commands by the words of a request. */
export class CommandIndex {
  /** Both spellings that clients use are found without a conversion. */
  readonly #byName = new Map<string, PreparedCommand>()

  /** @param commands by the lower-case names under which they are found */
  constructor(commands: ReadonlyMap<string, Command>, statistics: Statistics) {
    for (const [name, command] of commands) {
      const prepared = new PreparedCommand(command, statistics)
      this.#byName.set(name, prepared)
      this.#byName.set(name.toUpperCase(), prepared)
    }
  }

  /** The command, or the subcommand; the container itself when it stands alone. Undefined when it is not known. */
  find(argv: readonly string[]): PreparedCommand | undefined {
    const name = argv[0] ?? ''
    const command = this.#byName.get(name) ?? this.#byName.get(name.toLowerCase())
    if (command === undefined || command.subcommands === null || argv.length === 1) return command
    return command.subcommands.get((argv[1] ?? '').toLowerCase())
  }

  /** Why a request cannot run whatever the state of client and server; null when it can. */
  refusal(command: PreparedCommand | undefined, argv: readonly string[]): WireError | null {
    if (command === undefined) return this.#unknown(argv)
    if (command.command.run === undefined || !command.acceptsArity(argv.length)) return wrongArity(command.fullName)
    return null
  }

  #unknown(argv: readonly string[]): WireError {
    const name = argv[0] ?? ''
    if (this.#byName.has(name.toLowerCase())) {
      const sub = quote(argv[1], MAX_QUOTED)
      return wireError(`ERR unknown subcommand '${sub}'. Try ${name.toUpperCase()} HELP.`)
    }
    let quoted = ''
    for (let i = 1; i < argv.length && quoted.length < MAX_QUOTED; i++) {
      quoted += `'${quote(argv[i], MAX_QUOTED - quoted.length)}' `
    }
    return wireError(`ERR unknown command '${quote(name, MAX_QUOTED)}', with args beginning with: ${quoted}`)
  }
}
