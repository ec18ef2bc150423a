import { Status } from '../resp/reply.js'
import { type Command, defineCommand } from './command.js'

/** What differs between the HELP subcommands of the containers. */
export interface HelpCommand {
  readonly group: string
  readonly since: string
  readonly categories?: readonly string[]
  /** The answer, line by line. */
  readonly lines: readonly string[]
}

/** The subcommand HELP of a container. */
export const helpCommand = ({ group, since, categories = [], lines }: HelpCommand): Command =>
  defineCommand({
    name: 'help',
    arity: 2,
    flags: ['loading', 'stale'],
    categories,
    group,
    since,
    complexity: 'O(1)',
    summary: 'Lists the subcommands',
    run: () => lines.map((line) => new Status(line)),
  })
