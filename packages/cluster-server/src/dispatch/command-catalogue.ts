import { CommandCatalogue, type CommandFacts } from '../acl/command-catalogue.js'
import type { Command } from '../commands/command.js'
import { categoriesOf } from '../commands/command-categories.js'
import { REPORTED_VERSION } from '../commands/version.js'

const versionNumber = (version: string): number => {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major * 1000 + minor
}

/** Rules know what Redis of the reported version has: a newer command is judged as its container. */
const isKnown = ({ since }: Command): boolean => versionNumber(since) <= versionNumber(REPORTED_VERSION)

const factsOf = (command: Command): CommandFacts => ({
  name: command.name,
  categories: categoriesOf(command),
  needsNoLogin: command.flags.includes('no_auth'),
  subcommands: (command.subcommands ?? []).filter(isKnown).map(factsOf),
})

/** What access rules can say about the commands of a table. */
export const catalogueOf = (commands: Iterable<Command>): CommandCatalogue =>
  new CommandCatalogue([...commands].filter(isKnown).map(factsOf))
