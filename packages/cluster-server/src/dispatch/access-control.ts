import { type AccessContext, type AccessEvent, AccessLog } from '../acl/access-log.js'
import type { CommandCatalogue, KnownCommand } from '../acl/command-catalogue.js'
import { type Denial, denialOf, mayReadAllKeys } from '../acl/permission.js'
import type { User } from '../acl/user.js'
import type { UserTable } from '../acl/user-table.js'
import type { AccessState, DryRun } from '../commands/access-state.js'
import type { Command } from '../commands/command.js'
import type { ClientState } from '../commands/context.js'
import { type WireError, wireError } from '../wire-errors.js'
import { JudgedCommand } from './judged-command.js'
import type { PreparedCommand } from './prepared-command.js'

/** What access control needs of the server around it. */
export interface AccessControlParts {
  readonly catalogue: CommandCatalogue
  readonly users: UserTable
  readonly nowMs: () => number
  readonly logLimit: () => number
  /** A connection as CLIENT INFO shows it while it runs `argv`. */
  readonly describe: (client: ClientState, argv: readonly string[]) => string
  /** Finds a command by the words of a request. */
  readonly find: (argv: readonly string[]) => PreparedCommand | undefined
}

/** Says what a user lacks, in the words for one context. */
export type RefusalText = (denial: Denial, command: PreparedCommand) => WireError

/** Judges commands by the rules of users, and remembers what was refused. */
export class AccessControl implements AccessState {
  readonly users: UserTable
  readonly log = new AccessLog()
  readonly #parts: AccessControlParts

  constructor(parts: AccessControlParts) {
    this.#parts = parts
    this.users = parts.users
  }

  get isLoginRequired(): boolean {
    return !this.users.defaultUser.admitsEverybody
  }

  /** What the user lacks for a command; null when it may run. To be asked only of users with restrictions. */
  denialOf(user: User, command: PreparedCommand, argv: readonly string[]): Denial | null {
    return denialOf(user, new JudgedCommand(this.#known(command.fullName), command.command, argv))
  }

  /** Why `client` may not run a command, remembered for ACL LOG; null when it may. */
  refusal(
    client: ClientState,
    command: PreparedCommand,
    argv: readonly string[],
    context: AccessContext,
    text: RefusalText = plainRefusal,
  ): WireError | null {
    const denial = this.denialOf(client.user, command, argv)
    if (denial === null) return null
    const object = denial.reason === 'command' ? command.fullName : (argv[denial.index] ?? '')
    this.#remember(client, argv, { reason: denial.reason, context, object, userName: client.user.name })
    return text(denial, command)
  }

  dryRun(user: User, argv: readonly string[]): DryRun {
    const command = this.#parts.find(argv)
    if (command === undefined) return { type: 'unknownCommand' }
    const { fullName } = command
    if (!command.acceptsArity(argv.length)) return { type: 'wrongArity', fullName }
    const denial = this.denialOf(user, command, argv)
    return denial === null ? { type: 'allowed' } : { type: 'denied', fullName, denial }
  }

  mayReadAllKeys(client: ClientState, command: Command, argv: readonly string[]): boolean {
    if (client.user.isUnrestricted) return true
    return mayReadAllKeys(client.user, new JudgedCommand(this.#known(command.name), command, argv))
  }

  refuseLogin(client: ClientState, userName: string, argv: readonly string[]): void {
    const context = client.inTransaction ? 'multi' : 'toplevel'
    this.#remember(client, argv, { reason: 'auth', context, object: argv[0] ?? '', userName })
  }

  #remember(client: ClientState, argv: readonly string[], event: Omit<AccessEvent, 'atMs' | 'client'>): void {
    const { nowMs, logLimit, describe } = this.#parts
    this.log.add({ ...event, atMs: nowMs(), client: describe(client, argv) }, logLimit())
  }

  #known(fullName: string): KnownCommand {
    const { catalogue } = this.#parts
    const known = catalogue.find(fullName) ?? catalogue.find(fullName.split('|', 1)[0] ?? '')
    if (known === undefined) throw new RangeError(`No access rule can name the command '${fullName}'`)
    return known
  }
}

const NO_KEY = wireError('NOPERM this user has no permissions to access one of the keys used as arguments')
const NO_CHANNEL = wireError('NOPERM this user has no permissions to access one of the channels used as arguments')

const plainRefusal: RefusalText = ({ reason }, { fullName }) => {
  if (reason === 'command') {
    return wireError(`NOPERM this user has no permissions to run the '${fullName}' command`)
  }
  return reason === 'key' ? NO_KEY : NO_CHANNEL
}

const CHANGED: Readonly<Record<Denial['reason'], string>> = {
  command: 'no permission to execute the command or subcommand',
  key: 'no permission to touch the specified keys',
  channel: 'no permission to access one of the channels used as arguments',
}

/** For a command that could be queued, and whose user lost the permission since. */
export const transactionRefusal: RefusalText = ({ reason }) =>
  wireError(
    `NOPERM ACLs rules changed between the moment the transaction was accumulated and the EXEC call. This command is no longer allowed for the following reason: ${CHANGED[reason]}`,
  )

const IN_SCRIPT: Readonly<Record<Denial['reason'], WireError>> = {
  command: wireError("ERR The user executing the script can't run this command or subcommand"),
  key: wireError(
    "ERR The user executing the script can't access at least one of the keys mentioned in the command arguments",
  ),
  channel: wireError("ERR The user executing the script can't publish to the channel mentioned in the command"),
}

/** For a command of a script. */
export const scriptRefusal: RefusalText = ({ reason }) => IN_SCRIPT[reason]
