import { hasSpaces, untilZero } from './c-text.js'
import { categoryIndex } from './categories.js'
import type { KnownCommand } from './command-catalogue.js'
import type { RuleContext, RuleFault } from './rule.js'

/** What a key pattern lets a user do: bits. */
export const MAY_READ = 1
export const MAY_WRITE = 2

/** Keys that match `pattern`, and what may be done with them. */
export interface KeyPattern {
  readonly pattern: string
  readonly permissions: number
}

/** One set of permissions: commands, keys and channels. A user has a root selector, and any number of others. */
export class Selector {
  allKeys = false
  allChannels: boolean
  /** Every command, without a look at the bitmap; `+@all` and nothing taken away since. */
  allCommands = false
  /** Descriptions of what is allowed start from all commands, not from none. */
  startsFromAll = false
  /** One element for each command of the catalogue: 1 when it is allowed. */
  allowed: Uint8Array
  /** First arguments that are allowed of a command that is not, by its id. */
  firstArguments: ReadonlyMap<number, readonly string[]> = new Map()
  keyPatterns: readonly KeyPattern[] = []
  channelPatterns: readonly string[] = []

  constructor(commandCount: number, allChannels: boolean) {
    this.allChannels = allChannels
    this.allowed = new Uint8Array(commandCount)
  }

  copy(): Selector {
    const copy = new Selector(0, this.allChannels)
    return Object.assign(copy, this, { allowed: this.allowed.slice() })
  }

  /** Changes the selector by one rule. A rule that is refused changes nothing. */
  apply(rule: string, context: RuleContext): RuleFault | null {
    switch (untilZero(rule).toLowerCase()) {
      case 'allkeys':
      case '~*':
        this.#setKeys(true)
        return null
      case 'resetkeys':
        this.#setKeys(false)
        return null
      case 'allchannels':
      case '&*':
        this.#setChannels(true)
        return null
      case 'resetchannels':
        this.#setChannels(false)
        return null
      case 'allcommands':
      case '+@all':
        this.#setAllCommands(true)
        return null
      case 'nocommands':
      case '-@all':
        this.#setAllCommands(false)
        return null
    }
    const sign = rule[0]
    if (sign === '~' || sign === '%') return this.#addKeys(rule)
    if (sign === '&') return this.#addChannels(rule.slice(1))
    if (sign === '+' || sign === '-') return this.#changeCommands(untilZero(rule), context)
    return 'syntax'
  }

  /** Allows or forbids a command, and all its subcommands. */
  setCommand(command: KnownCommand, allow: boolean): void {
    this.#setBit(command.id, allow)
    if (this.firstArguments.has(command.id)) {
      const rest = new Map(this.firstArguments)
      rest.delete(command.id)
      this.firstArguments = rest
    }
    for (const subcommand of command.subcommands?.values() ?? []) this.#setBit(subcommand.id, allow)
  }

  /** Allows or forbids the commands of a category, and all subcommands of those. */
  setCategory(index: number, allow: boolean, commands: RuleContext['commands']): void {
    for (const command of commands.all) {
      if ((command.categories & (1 << index)) !== 0) this.setCommand(command, allow)
    }
  }

  #setBit(id: number, allow: boolean): void {
    this.allowed[id] = allow ? 1 : 0
    if (!allow) this.allCommands = false
  }

  #setKeys(all: boolean): void {
    this.allKeys = all
    this.keyPatterns = []
  }

  #setChannels(all: boolean): void {
    this.allChannels = all
    this.channelPatterns = []
  }

  #setAllCommands(allow: boolean): void {
    this.allowed.fill(allow ? 1 : 0)
    this.allCommands = allow
    this.startsFromAll = allow
    this.firstArguments = new Map()
  }

  /** `~pattern`, or `%R~pattern`: the letters R and W in any order, each once. Without a `~` the pattern is empty. */
  #addKeys(rule: string): RuleFault | null {
    if (this.allKeys) return 'keysAfterAll'
    const head = rule.startsWith('~') ? '~' : (/^%(?:r?w?|wr)(?:~|$)/i.exec(rule)?.[0] ?? null)
    if (head === null) return 'syntax'
    const pattern = rule.slice(head.length)
    if (hasSpaces(pattern)) return 'syntax'
    const permissions =
      head === '~' ? MAY_READ | MAY_WRITE : (/r/i.test(head) ? MAY_READ : 0) | (/w/i.test(head) ? MAY_WRITE : 0)
    const known = this.keyPatterns.some((each) => each.pattern === pattern)
    this.keyPatterns = known
      ? this.keyPatterns.map((each) =>
          each.pattern === pattern ? { pattern, permissions: each.permissions | permissions } : each,
        )
      : [...this.keyPatterns, { pattern, permissions }]
    return null
  }

  #addChannels(pattern: string): RuleFault | null {
    if (this.allChannels) return 'channelsAfterAll'
    if (hasSpaces(pattern)) return 'syntax'
    if (!this.channelPatterns.includes(pattern)) this.channelPatterns = [...this.channelPatterns, pattern]
    return null
  }

  #changeCommands(rule: string, context: RuleContext): RuleFault | null {
    const allow = rule.startsWith('+')
    const name = rule.slice(1)
    if (name.startsWith('@')) {
      const category = categoryIndex(name.slice(1))
      if (category === undefined) return 'unknown'
      this.setCategory(category, allow, context.commands)
      return null
    }
    if (allow && name.includes('|')) return this.#allowPart(name, context)
    const command = context.commands.find(name)
    if (command === undefined) return 'unknown'
    this.setCommand(command, allow)
    return null
  }

  /** `+config|get`, or the first argument of a command without subcommands: `+select|0`. */
  #allowPart(name: string, context: RuleContext): RuleFault | null {
    const bar = name.lastIndexOf('|')
    const part = name.slice(bar + 1)
    const command = context.commands.find(name.slice(0, bar))
    if (command === undefined) return 'unknown'
    if (command.isSubcommand) return 'argumentOfSubcommand'
    if (part === '') return 'syntax'
    if (command.subcommands !== null) {
      const subcommand = context.commands.find(name)
      if (subcommand === undefined) return 'unknown'
      this.setCommand(subcommand, true)
      return null
    }
    context.warn(
      `Deprecation warning: Allowing a first arg of an otherwise blocked command is a misuse of ACL and may get disabled in the future (offender: +${name})`,
    )
    const present = this.firstArguments.get(command.id) ?? []
    if (!present.some((each) => each.toLowerCase() === part.toLowerCase())) {
      this.firstArguments = new Map(this.firstArguments).set(command.id, [...present, part])
    }
    return null
  }
}
