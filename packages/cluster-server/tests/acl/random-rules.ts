import type { Random } from '../differential/random.js'

const COMMANDS = [
  'get',
  'set',
  'GET',
  'del',
  'config',
  'config|get',
  'config|set',
  'client|id',
  'client',
  'acl',
  'eval',
]
const MORE_COMMANDS = [
  'select',
  'subscribe',
  'publish',
  'sort',
  'copy',
  'auth',
  'hello',
  'xgroup|create',
  'memory|usage',
]
const UNKNOWN_COMMANDS = ['nosuch', 'config|nosuch', 'get|a|b', 'config|get|x', 'select|', '|x']
const PATTERNS = ['*', 'k*', 'key-?', 'other:*', '', 'a', '[k]ey*', 'x y', 'x\0y', 'ö*']
const CATEGORIES = ['read', 'write', 'all', 'ALL', 'keyspace', 'string', 'admin', 'dangerous', 'fast', 'slow', 'pubsub']
const MORE_CATEGORIES = [
  'connection',
  'scripting',
  'set',
  'sortedset',
  'hash',
  'list',
  'stream',
  'geo',
  'nosuch',
  'bitmap',
]
const HASH = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
const WORDS = ['on', 'off', 'nopass', 'resetpass', 'reset', 'clearselectors', 'ON', 'nonsense', '', 'on\0x', '@all']
const SELECTOR_WORDS = [
  'allkeys',
  'resetkeys',
  'allchannels',
  'resetchannels',
  'allcommands',
  'nocommands',
  'ALLKEYS',
  '~*',
  '&*',
]

const commandName = (random: Random): string =>
  random.pick(random.chance(0.05) ? UNKNOWN_COMMANDS : random.chance(0.5) ? COMMANDS : MORE_COMMANDS)

const categoryName = (random: Random): string => random.pick(random.chance(0.5) ? CATEGORIES : MORE_CATEGORIES)

/** Rules that a selector takes too. `%` is left out with neither R nor W: redis-server 7.0.15 ends when it describes it. */
const selectorRule = (random: Random): string => {
  switch (random.below(8)) {
    case 0:
      return random.pick(SELECTOR_WORDS)
    case 1:
      return `~${random.pick(PATTERNS)}`
    case 2:
      return `%${random.pick(['R', 'W', 'RW', 'wr', 'r', 'w', 'X', 'RR'])}${random.pick(['~', '~', '~', ''])}${random.pick(PATTERNS)}`
    case 3:
      return `&${random.pick(PATTERNS)}`
    case 4:
      return `${random.pick(['+', '-'])}@${categoryName(random)}`
    case 5:
      return `+${random.pick(['select', 'get', 'config', 'debug'])}|${random.pick(['0', 'A', 'get', 'object'])}`
    default:
      return `${random.pick(['+', '-'])}${commandName(random)}`
  }
}

/** One argument of ACL SETUSER behind the name. */
export const randomRule = (random: Random): string => {
  switch (random.below(12)) {
    case 0:
    case 1:
      return random.pick(WORDS)
    case 2:
      return `${random.pick(['>', '<'])}${random.pick(['secret', 'other', '', 'ö\0'])}`
    case 3:
      return `${random.pick(['#', '!'])}${random.pick([HASH, HASH.toUpperCase(), 'abc', HASH.slice(1)])}`
    case 4:
      return random.pick(['sanitize-payload', 'skip-sanitize-payload'])
    case 5:
      return `(${random.several(0, 4, () => selectorRule(random)).join(' ')})`
    case 6:
      return random.pick(['(+get', '~x)', '(', ')', '(+get ~x))', '(on)'])
    default:
      return selectorRule(random)
  }
}
