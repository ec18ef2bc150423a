import { CATEGORIES } from './categories.js'
import type { CommandCatalogue, KnownCommand } from './command-catalogue.js'
import { type KeyPattern, MAY_READ, MAY_WRITE, Selector } from './selector.js'

/**
 * The rules that allow exactly the commands of a selector: all or none first, then the categories that fit best, then
 * single commands. Source of the choice: `ACLDescribeSelectorCommandRules` of Redis 7.0.15.
 */
export const describeCommands = (selector: Selector, commands: CommandCatalogue): string => {
  const starts = selector.startsFromAll
  const described = new Selector(commands.size, false)
  if (starts) described.allowed.fill(1)
  // What the categories chosen so far leave to be described.
  const remaining = selector.copy()
  const rules = [starts ? '+@all' : '-@all']
  const chosen = new Set<number>()
  for (;;) {
    const best = bestCategory(remaining, starts, commands, chosen)
    if (best === null) break
    described.setCategory(best, !starts, commands)
    remaining.setCategory(best, starts, commands)
    rules.push(`${starts ? '-' : '+'}@${CATEGORIES[best] ?? ''}`)
    chosen.add(best)
  }
  addSingleCommands(selector, described, commands, rules)
  return rules.join(' ')
}

/** The category with the fewest exceptions that has more members to describe than exceptions. */
const bestCategory = (
  remaining: Selector,
  starts: boolean,
  commands: CommandCatalogue,
  chosen: ReadonlySet<number>,
): number | null => {
  let best: number | null = null
  let fewest = Number.MAX_SAFE_INTEGER
  let most = 0
  for (let index = 0; index < CATEGORIES.length; index++) {
    if (chosen.has(index)) continue
    let allowed = 0
    let forbidden = 0
    for (const { id, categories } of commands.all) {
      if ((categories & (1 << index)) === 0) continue
      if (remaining.allowed[id] === 1) allowed++
      else forbidden++
    }
    const [same, different] = starts ? [forbidden, allowed] : [allowed, forbidden]
    if (same > different && (different < fewest || (different === fewest && same > most))) {
      best = index
      fewest = different
      most = same
    }
  }
  return best
}

const addSingleCommands = (
  selector: Selector,
  described: Selector,
  commands: CommandCatalogue,
  rules: string[],
): void => {
  const addOne = (command: KnownCommand): void => {
    const isAllowed = selector.allowed[command.id] === 1
    if (isAllowed === (described.allowed[command.id] === 1)) return
    rules.push(`${isAllowed ? '+' : '-'}${command.fullName}`)
    described.setCommand(command, isAllowed)
  }
  for (const command of commands.all) {
    addOne(command)
    if (selector.allowed[command.id] === 1) continue
    for (const part of selector.firstArguments.get(command.id) ?? []) rules.push(`+${command.fullName}|${part}`)
  }
}

/** `~a %R~b`. */
export const describeKeys = (selector: Selector): string =>
  selector.allKeys ? '~*' : selector.keyPatterns.map(describePattern).join(' ')

const describePattern = ({ pattern, permissions }: KeyPattern): string => {
  if (permissions === (MAY_READ | MAY_WRITE)) return `~${pattern}`
  return `%${permissions === MAY_READ ? 'R' : permissions === MAY_WRITE ? 'W' : ''}~${pattern}`
}

/** `&a &b`. */
export const describeChannels = (selector: Selector): string =>
  selector.allChannels ? '&*' : selector.channelPatterns.map((pattern) => `&${pattern}`).join(' ')

/** All rules of a selector, as ACL LIST prints them. */
export const describeSelector = (selector: Selector, commands: CommandCatalogue): string => {
  const keys = describeKeys(selector)
  const channels = describeChannels(selector)
  const parts = [
    keys,
    selector.allChannels ? channels : `resetchannels ${channels}`,
    describeCommands(selector, commands),
  ]
  return parts
    .map((part) => part.trimEnd())
    .filter((part) => part !== '')
    .join(' ')
}
