import { matchesGlob } from '../glob.js'
import type { KnownCommand } from './command-catalogue.js'
import { MAY_READ, MAY_WRITE, type Selector } from './selector.js'
import type { User } from './user.js'

/** A word of a command that rules look at. */
export interface JudgedWord {
  /** Position among the words of the command. */
  readonly index: number
}

/** A key, and what the command does with it. */
export interface JudgedKey extends JudgedWord {
  /** `MAY_READ`, `MAY_WRITE`, both or none. */
  readonly permissions: number
}

/** A channel that is subscribed to or published to. */
export interface JudgedChannel extends JudgedWord {
  /** The word is a pattern of channels, and has to be one of the user's patterns itself. */
  readonly isPattern: boolean
}

/** A command with its words. Keys and channels are asked for at most once. */
export interface JudgedRequest {
  readonly command: KnownCommand
  readonly argv: readonly string[]
  readonly keys: readonly JudgedKey[]
  readonly channels: readonly JudgedChannel[]
}

/** What a user lacks: the command, or the key or channel at `index`. In rising order of how much was allowed. */
export interface Denial {
  readonly reason: 'command' | 'key' | 'channel'
  readonly index: number
}

const RANKS = { command: 0, key: 1, channel: 2 } as const

/**
 * Null when one of the selectors of the user allows the whole request. Otherwise the reason that comes nearest: the
 * last channel, or the last key, or else the command. Source: `ACLCheckAllUserCommandPerm` of Redis 7.0.15.
 */
export const denialOf = (user: User, request: JudgedRequest): Denial | null => {
  let nearest: Denial = { reason: 'command', index: 0 }
  for (const selector of user.selectors) {
    const denial = denialBySelector(selector, request)
    if (denial === null) return null
    const rank = RANKS[denial.reason] - RANKS[nearest.reason]
    if (rank > 0 || (rank === 0 && denial.index > nearest.index)) nearest = denial
  }
  return nearest
}

/** Whether one selector allows the request, and reading every key besides; what SORT with patterns needs. */
export const mayReadAllKeys = (user: User, request: JudgedRequest): boolean =>
  user.selectors.some(
    (selector) =>
      denialBySelector(selector, request) === null &&
      (selector.allKeys ||
        selector.keyPatterns.some(({ pattern, permissions }) => pattern === '*' && (permissions & MAY_READ) !== 0)),
  )

const denialBySelector = (selector: Selector, request: JudgedRequest): Denial | null => {
  const { command, argv } = request
  if (!selector.allCommands && !command.needsNoLogin && selector.allowed[command.id] !== 1) {
    const part = argv[1]?.toLowerCase()
    const parts = selector.firstArguments.get(command.id)
    if (part === undefined || !parts?.some((each) => each.toLowerCase() === part))
      return { reason: 'command', index: 0 }
  }
  if (!selector.allKeys) {
    const denied = request.keys.find((key) => !mayUseKey(selector, argv[key.index] ?? '', key.permissions))
    if (denied !== undefined) return { reason: 'key', index: denied.index }
  }
  if (!selector.allChannels) {
    const denied = request.channels.find(
      ({ index, isPattern }) => !mayUseChannel(selector.channelPatterns, argv[index] ?? '', isPattern),
    )
    if (denied !== undefined) return { reason: 'channel', index: denied.index }
  }
  return null
}

const mayUseKey = (selector: Selector, key: string, needed: number): boolean =>
  selector.keyPatterns.some(
    ({ pattern, permissions }) => (permissions & needed) === needed && matchesGlob(pattern, key),
  )

/** A channel has to match one of the patterns, a pattern has to be one. */
export const mayUseChannel = (patterns: readonly string[], channel: string, isPattern: boolean): boolean =>
  patterns.some((pattern) => (isPattern ? pattern === channel : matchesGlob(pattern, channel)))

/** The permissions that the flags of a key specification ask for. */
export const permissionsFor = (flags: readonly string[]): number =>
  (flags.includes('access') ? MAY_READ : 0) |
  (flags.some((flag) => flag === 'insert' || flag === 'delete' || flag === 'update') ? MAY_WRITE : 0)
