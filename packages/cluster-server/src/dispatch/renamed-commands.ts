import type { Command } from '../commands/command.js'

/** `rename-command`: the name that a command has, and the one that it gets; the empty one removes it. */
export type Renaming = readonly [from: string, to: string]

/** Why a renaming is refused. */
export type RenamingFault = 'unknownCommand' | 'nameIsTaken'

/** The words of Redis 7.0.15 for each fault. */
export const RENAMING_TEXTS: Readonly<Record<RenamingFault, string>> = {
  unknownCommand: 'No such command in rename-command',
  nameIsTaken: 'Target command name already exists',
}

/** Commands by the lower-case names under which clients find them. */
export class CommandNames {
  readonly #byName: Map<string, Command>

  constructor(commands: Iterable<Command>) {
    this.#byName = new Map([...commands].map((command) => [command.name, command]))
  }

  get all(): ReadonlyMap<string, Command> {
    return this.#byName
  }

  /** Renames or removes one command, whose subcommands go with it. */
  rename([from, to]: Renaming): RenamingFault | null {
    const command = this.#byName.get(from.toLowerCase())
    if (command === undefined) return 'unknownCommand'
    this.#byName.delete(from.toLowerCase())
    if (to === '') return null
    if (this.#byName.has(to.toLowerCase())) return 'nameIsTaken'
    this.#byName.set(to.toLowerCase(), command)
    return null
  }
}
