import { splitInlineCommand } from '../resp/inline-command.js'
import { untilZero } from './c-text.js'
import { CommandCatalogue } from './command-catalogue.js'
import { describeSelector } from './command-rules.js'
import { hashPassword, isPasswordHash, matchesPassword } from './password.js'
import type { RuleContext, RuleFault } from './rule.js'
import { Selector } from './selector.js'

/** What a payload of RESTORE has to go through: not said, checked or taken as it is. */
type PayloadRule = 'unsaid' | 'sanitize-payload' | 'skip-sanitize-payload'

/** A user: who may log in as it, and what its connections may do. */
export class User {
  /** May log in. */
  isEnabled = false
  /** Every password will do. */
  needsNoPassword = false
  payloadRule: PayloadRule = 'unsaid'
  /** SHA-256, hexadecimal. */
  passwordHashes: readonly string[] = []
  /** The root selector and the others, in order of creation. */
  selectors: readonly [Selector, ...Selector[]]
  #description: string | null = null
  #isUnrestricted = false

  constructor(
    readonly name: string,
    context: RuleContext,
  ) {
    this.selectors = [selectorFor(context)]
  }

  /** Every command, key and channel is allowed: the one question that is asked before every command. */
  get isUnrestricted(): boolean {
    return this.#isUnrestricted
  }

  /** A connection of this user is logged in from the start. */
  get admitsEverybody(): boolean {
    return this.isEnabled && this.needsNoPassword
  }

  /** The flags as ACL GETUSER lists them. */
  get flags(): string[] {
    const flags = [this.isEnabled ? 'on' : 'off']
    if (this.needsNoPassword) flags.push('nopass')
    if (this.payloadRule !== 'unsaid') flags.push(this.payloadRule)
    return flags
  }

  /** Whether this is a password of the user; those of a user that is off are not. */
  accepts(password: string): boolean {
    return this.isEnabled && (this.needsNoPassword || matchesPassword(password, this.passwordHashes))
  }

  /** Takes all but the name from another user. */
  become(other: User): void {
    this.isEnabled = other.isEnabled
    this.needsNoPassword = other.needsNoPassword
    this.payloadRule = other.payloadRule
    this.passwordHashes = other.passwordHashes
    const [root, ...more] = other.selectors
    this.selectors = [root.copy(), ...more.map((selector) => selector.copy())]
    this.#changed()
  }

  /** Changes the user by one rule, which stands alone: `(…)` is one. A rule that is refused changes nothing. */
  apply(rule: string, context: RuleContext): RuleFault | null {
    const fault = rule === '' ? null : this.#apply(rule, context)
    this.#changed()
    return fault
  }

  /** The rules that make this user, without `user` and the name. */
  describe(commands: CommandCatalogue): string {
    this.#description ??= [
      ...this.flags,
      ...this.passwordHashes.map((hash) => `#${hash}`),
      ...this.selectors.map((selector, i) => {
        const rules = describeSelector(selector, commands)
        return i === 0 ? rules : `(${rules})`
      }),
    ].join(' ')
    return this.#description
  }

  #changed(): void {
    this.#description = null
    this.#isUnrestricted = this.selectors.some(
      ({ allCommands, allKeys, allChannels }) => allCommands && allKeys && allChannels,
    )
  }

  #apply(rule: string, context: RuleContext): RuleFault | null {
    switch (untilZero(rule).toLowerCase()) {
      case 'on':
        this.isEnabled = true
        return null
      case 'off':
        this.isEnabled = false
        return null
      case 'skip-sanitize-payload':
        this.payloadRule = 'skip-sanitize-payload'
        return null
      case 'sanitize-payload':
        this.payloadRule = 'sanitize-payload'
        return null
      case 'nopass':
        this.needsNoPassword = true
        this.passwordHashes = []
        return null
      case 'resetpass':
        this.needsNoPassword = false
        this.passwordHashes = []
        return null
      case 'clearselectors':
        this.selectors = [this.selectors[0]]
        return null
      case 'reset':
        this.#reset(context)
        return null
    }
    const sign = rule[0] ?? ''
    if ('>#<!'.includes(sign)) return this.#changePassword(sign, rule.slice(1))
    if (sign === '(' && rule.endsWith(')')) return this.#addSelector(rule.slice(1, -1), context)
    return this.selectors[0].apply(rule, context)
  }

  #reset(context: RuleContext): void {
    this.isEnabled = false
    this.needsNoPassword = false
    this.passwordHashes = []
    this.payloadRule = 'sanitize-payload'
    this.selectors = [selectorFor(context)]
  }

  #changePassword(sign: string, text: string): RuleFault | null {
    const isHash = sign === '#' || sign === '!'
    if (isHash && !isPasswordHash(text)) return 'badHash'
    const hash = isHash ? text : hashPassword(text)
    const isKnown = this.passwordHashes.includes(hash)
    if (sign === '>' || sign === '#') {
      if (!isKnown) this.passwordHashes = [...this.passwordHashes, hash]
      this.needsNoPassword = false
      return null
    }
    if (!isKnown) return 'noSuchPassword'
    this.passwordHashes = this.passwordHashes.filter((each) => each !== hash)
    return null
  }

  #addSelector(rules: string, context: RuleContext): RuleFault | null {
    const selector = selectorFor(context)
    for (const rule of wordsOf(untilZero(rules))) {
      const fault = selector.apply(rule, context)
      if (fault !== null) return fault
    }
    this.selectors = [...this.selectors, selector]
    return null
  }
}

const selectorFor = ({ commands, opensChannels }: RuleContext): Selector => new Selector(commands.size, opensChannels)

/** Words with a quotation mark that is not closed are none at all. */
const wordsOf = (text: string): readonly string[] => {
  try {
    return splitInlineCommand(text)
  } catch {
    return []
  }
}

/** Who acts where no client does: the stream of a primary, the server itself. In no table, and allowed everything. */
export const SUPERUSER: User = ((): User => {
  const context = { commands: new CommandCatalogue([]), opensChannels: true, warn: () => {} }
  const user = new User('(superuser)', context)
  for (const rule of ['on', 'nopass', '~*', '+@all']) user.apply(rule, context)
  return user
})()
