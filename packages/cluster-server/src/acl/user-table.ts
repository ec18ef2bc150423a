import { untilZero } from './c-text.js'
import { FAULT_TEXTS, type RuleContext } from './rule.js'
import { joinSelectors } from './rule-words.js'
import { User } from './user.js'
import { readUserFile } from './user-file.js'

/** The user of every connection that did not log in as another one. It cannot be removed. */
export const DEFAULT_USER = 'default'

/** The users of a server. A user keeps its identity for as long as it exists: connections hold on to it. */
export class UserTable {
  readonly context: RuleContext
  readonly defaultUser: User
  #users = new Map<string, User>()

  constructor(context: RuleContext) {
    this.context = context
    this.defaultUser = new User(DEFAULT_USER, context)
    makeDefault(this.defaultUser, context)
    this.#users.set(DEFAULT_USER, this.defaultUser)
  }

  get(name: string): User | undefined {
    return this.#users.get(name)
  }

  /** In the order of their names, byte by byte. */
  all(): readonly User[] {
    return [...this.#users.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  /** Changes a user, or makes it, by all of the rules or by none. `beforeChange` sees the user and what it becomes. */
  set(name: string, words: readonly string[], beforeChange: (user: User, next: User) => void): string | null {
    const joined = joinSelectors(words)
    if ('unclosed' in joined)
      return `Unmatched parenthesis in acl selector starting at '${untilZero(joined.unclosed)}'.`
    const existing = this.#users.get(name)
    const staged = new User(name, this.context)
    if (existing !== undefined) staged.become(existing)
    for (const rule of joined.rules) {
      const fault = staged.apply(rule, this.context)
      if (fault !== null) return `Error in ACL SETUSER modifier '${untilZero(rule)}': ${FAULT_TEXTS[fault]}`
    }
    if (existing === undefined) this.#users.set(name, staged)
    else {
      beforeChange(existing, staged)
      existing.become(staged)
    }
    return null
  }

  /** Adds a user of the configuration, which may be the default one. @returns why it cannot, or null */
  add(name: string, rules: readonly string[]): string | null {
    const user = this.#users.get(name) ?? new User(name, this.context)
    if (user === this.defaultUser) user.apply('reset', this.context)
    for (const rule of rules) {
      const fault = user.apply(rule, this.context)
      if (fault !== null) {
        return `Error loading ACL rule '${untilZero(rule)}' for the user named '${name}': ${FAULT_TEXTS[fault]}`
      }
    }
    this.#users.set(name, user)
    return null
  }

  /** Removes a user. The default one stays. @returns the user, for those who still use it */
  remove(name: string): User | undefined {
    if (name === DEFAULT_USER) return undefined
    const user = this.#users.get(name)
    this.#users.delete(name)
    return user
  }

  /**
   * Replaces all users by those of a file, or none when one of its lines is wrong.
   * @param fileName for the messages
   * @returns the complaints as one line, or the users that are gone; the default one takes over what the file says.
   */
  load(text: string, fileName: string): { readonly errors: string } | { readonly removed: readonly User[] } {
    const read = readUserFile(text, fileName, this.context)
    if ('errors' in read) return read
    const removed = this.all().filter((user) => user !== this.defaultUser)
    this.#users = new Map(read.users.map((user) => [user.name, user]))
    const next = this.#users.get(DEFAULT_USER)
    if (next === undefined) makeDefault(this.defaultUser, this.context)
    else this.defaultUser.become(next)
    this.#users.set(DEFAULT_USER, this.defaultUser)
    return { removed }
  }

  /** `requirepass`: the password of the default user; the empty text lets everybody in. */
  setDefaultPassword(password: string): void {
    this.defaultUser.apply('resetpass', this.context)
    this.defaultUser.apply(password === '' ? 'nopass' : `>${password}`, this.context)
  }

  /** `user <name> <rules>` for each user, as ACL LIST prints them and as files keep them. */
  describe(): string[] {
    return this.all().map((user) => `user ${user.name} ${user.describe(this.context.commands)}`)
  }
}

const makeDefault = (user: User, context: RuleContext): void => {
  user.become(new User(user.name, context))
  for (const rule of ['+@all', '~*', '&*', 'on', 'nopass']) user.apply(rule, context)
}
