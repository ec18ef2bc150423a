import { CATEGORIES } from '../acl/categories.js'
import type { Command, CommandFlag } from './command.js'

/** The categories of a command: those that it names, and those that follow from its flags. In the order of Redis. */
export const categoriesOf = (command: Command): readonly string[] => {
  const has = (flag: CommandFlag): boolean => command.flags.includes(flag)
  const all = new Set<string>(command.categories)
  if (has('write')) all.add('write')
  // Scripts read nothing by themselves, whatever their flags say.
  if (has('readonly') && !all.has('scripting')) all.add('read')
  if (has('admin')) all.add('admin').add('dangerous')
  if (has('pubsub')) all.add('pubsub')
  if (has('blocking')) all.add('blocking')
  all.add(has('fast') ? 'fast' : 'slow')
  return CATEGORIES.filter((category) => all.has(category))
}
