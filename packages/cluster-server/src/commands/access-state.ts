import type { AccessContext, AccessLog } from '../acl/access-log.js'
import type { Denial } from '../acl/permission.js'
import type { User } from '../acl/user.js'
import type { UserTable } from '../acl/user-table.js'
import type { Command } from './command.js'
import type { ClientState } from './context.js'

/** Outcome of asking whether a user may run a command, without running it. */
export type DryRun =
  | { readonly type: 'unknownCommand' }
  | { readonly type: 'wrongArity'; readonly fullName: string }
  | { readonly type: 'allowed' }
  | { readonly type: 'denied'; readonly fullName: string; readonly denial: Denial }

/** Users, and what was refused to them, as commands see it. */
export interface AccessState {
  readonly users: UserTable
  readonly log: AccessLog
  /** Whether connections that did not log in may do nothing: the default user has a password, or is off. */
  readonly isLoginRequired: boolean
  /** Asks what would become of `argv`, a command as a client would send it. */
  dryRun(user: User, argv: readonly string[]): DryRun
  /** Whether the client may run `command` on its keys, and read every other key as well. */
  mayReadAllKeys(client: ClientState, command: Command, argv: readonly string[]): boolean
  /** Writes a login that failed to the log. `argv` asked for it. */
  refuseLogin(client: ClientState, userName: string, argv: readonly string[]): void
}

export type { AccessContext }
