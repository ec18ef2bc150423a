import type { CommandCatalogue } from './command-catalogue.js'

/** Why a rule is refused. */
export type RuleFault =
  | 'unknown'
  | 'syntax'
  | 'keysAfterAll'
  | 'channelsAfterAll'
  | 'noSuchPassword'
  | 'badHash'
  | 'duplicateUser'
  | 'argumentOfSubcommand'

/** The words of Redis 7.0.15 for each fault. */
export const FAULT_TEXTS: Readonly<Record<RuleFault, string>> = {
  unknown: 'Unknown command or category name in ACL',
  syntax: 'Syntax error',
  keysAfterAll:
    "Adding a pattern after the * pattern (or the 'allkeys' flag) is not valid and does not have any effect. Try 'resetkeys' to start with an empty list of patterns",
  channelsAfterAll:
    "Adding a pattern after the * pattern (or the 'allchannels' flag) is not valid and does not have any effect. Try 'resetchannels' to start with an empty list of channels",
  noSuchPassword: 'The password you are trying to remove from the user does not exist',
  badHash: 'The password hash must be exactly 64 characters and contain only lowercase hexadecimal characters',
  duplicateUser: 'Duplicate user found. A user can only be defined once in config files',
  argumentOfSubcommand: 'Allowing first-arg of a subcommand is not supported',
}

/** What rules are read against. */
export interface RuleContext {
  readonly commands: CommandCatalogue
  /** `acl-pubsub-default allchannels`: a new selector may use every channel. */
  readonly opensChannels: boolean
  /** Hears of rules that Redis discourages. */
  warn(message: string): void
}
