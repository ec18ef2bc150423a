import { CATEGORIES } from './categories.js'

/** What rules know of a command. */
export interface CommandFacts {
  /** Lower case; of a subcommand without the container. */
  readonly name: string
  /** Categories without `@`, those that follow from flags too. */
  readonly categories: readonly string[]
  /** May be run before a login, and so by everybody. */
  readonly needsNoLogin: boolean
  readonly subcommands: readonly CommandFacts[]
}

/** A command as rules refer to it. */
export interface KnownCommand {
  /** Position in the bitmap of a selector. */
  readonly id: number
  /** `get`, `config|set`. */
  readonly fullName: string
  /** Bit `i` stands for `CATEGORIES[i]`. */
  readonly categories: number
  readonly needsNoLogin: boolean
  readonly isSubcommand: boolean
  /** Null when the command has none. */
  readonly subcommands: ReadonlyMap<string, KnownCommand> | null
}

/** The commands that rules can name: all that a server has, under the names that they had before any renaming. */
export class CommandCatalogue {
  /** Each container is followed by its subcommands. */
  readonly all: readonly KnownCommand[]
  readonly #byName = new Map<string, KnownCommand>()

  constructor(commands: Iterable<CommandFacts>) {
    const all: KnownCommand[] = []
    for (const facts of commands) this.#byName.set(facts.name, register(facts, null, all))
    this.all = all
  }

  get size(): number {
    return this.all.length
  }

  /** Finds `get` or `config|set`, whatever the case. Undefined for anything else. */
  find(fullName: string): KnownCommand | undefined {
    const [name = '', subcommand, ...rest] = fullName.toLowerCase().split('|')
    const command = this.#byName.get(name)
    if (command === undefined || subcommand === undefined) return command
    return rest.length === 0 ? command.subcommands?.get(subcommand) : undefined
  }
}

const register = (facts: CommandFacts, container: string | null, all: KnownCommand[]): KnownCommand => {
  const subcommands = new Map<string, KnownCommand>()
  const command: KnownCommand = {
    id: all.length,
    fullName: container === null ? facts.name : `${container}|${facts.name}`,
    categories: CATEGORIES.reduce((bits, name, i) => (facts.categories.includes(name) ? bits | (1 << i) : bits), 0),
    needsNoLogin: facts.needsNoLogin,
    isSubcommand: container !== null,
    subcommands: facts.subcommands.length === 0 ? null : subcommands,
  }
  all.push(command)
  for (const each of facts.subcommands) subcommands.set(each.name, register(each, facts.name, all))
  return command
}
