import { hasSpaces } from '../acl/c-text.js'
import type { RuleContext } from '../acl/rule.js'
import { FAULT_TEXTS } from '../acl/rule.js'
import { joinSelectors } from '../acl/rule-words.js'
import { User } from '../acl/user.js'
import type { UserTable } from '../acl/user-table.js'
import { readUserFileText } from '../persistence/user-file-storage.js'
import type { LogLevel } from './node-options.js'

/** A `user` directive: the words behind `user`, the name first. */
export type UserDirective = readonly string[]

/** Where the users of a server come from. */
export interface UserSources {
  readonly directives: readonly UserDirective[]
  /** `aclfile`; empty: none. */
  readonly file: string
}

const BOTH =
  'Configuring Redis with users defined in redis.conf and at the same setting an ACL file path is invalid. This setup is very likely to lead to configuration errors and security holes, please define either an ACL file or declare users directly in your redis.conf, but not both.'

/**
 * Fills the table of users when a server starts.
 * @returns why it must not start, in Redis' words, or null
 */
export const loadUsers = (
  users: UserTable,
  { directives, file }: UserSources,
  log: (level: LogLevel, message: string) => void,
): string | null => {
  if (file !== '' && directives.length > 0) return BOTH
  for (const [name = '', ...words] of directives) {
    if (hasSpaces(name)) return 'Spaces not allowed in ACL usernames'
    const joined = joinSelectors(words)
    const error = 'unclosed' in joined ? FAULT_TEXTS.syntax : users.add(name, joined.rules)
    if (error !== null) return error
    if (users.get(name)?.isEnabled !== true) {
      log(
        'notice',
        `The user '${name}' is disabled (there is no 'on' modifier in the user description). Make sure this is not a configuration error.`,
      )
    }
  }
  return file === '' ? null : loadFile(users, file)
}

const loadFile = (users: UserTable, file: string): string | null => {
  const read = readUserFileText(file)
  const errors =
    'failure' in read ? `Error loading ACLs, opening file '${file}': ${read.failure}` : users.load(read.text, file)
  if (typeof errors === 'string') return `Aborting Redis startup because of ACL errors: ${errors}`
  return 'errors' in errors ? `Aborting Redis startup because of ACL errors: ${errors.errors}` : null
}

/** Checks a `user` directive as it is read, when commands that modules would bring are not known yet. @returns the complaint, or null */
export const refusalOfUser = (directive: UserDirective, context: RuleContext, isKnown: boolean): string | null => {
  const [name = '', ...words] = directive
  if (isKnown) return `Error in user declaration '${name}': ${FAULT_TEXTS.duplicateUser}`
  const joined = joinSelectors(words)
  if ('unclosed' in joined) return `Error in user declaration '${joined.unclosed}': Wrong format`
  const user = new User(name, context)
  for (const rule of joined.rules) {
    const fault = user.apply(rule, context)
    if (fault !== null && fault !== 'unknown') return `Error in user declaration '${rule}': ${FAULT_TEXTS[fault]}`
  }
  return null
}
