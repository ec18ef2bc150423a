import { MapReply, type Reply, SetReply, Status } from '../../resp/reply.js'
import type { Command, CommandArgument, KeySpec } from '../command.js'
import { categoriesOf } from '../command-categories.js'

const statuses = (words: readonly string[]): SetReply => new SetReply(words.map((word) => new Status(word)))

/** One command as COMMAND INFO prints it; a subcommand carries its container's name. */
export const describeCommand = (command: Command, container?: Command): Reply => {
  const { first, last, step } = legacyRange(command)
  const subcommands = command.subcommands ?? []
  return [
    fullName(command, container),
    command.arity,
    // Redis keeps this flag to itself.
    statuses(command.flags.filter((flag) => flag !== 'may_replicate')),
    first,
    last,
    step,
    new SetReply(categoriesOf(command).map((category) => new Status(`@${category}`))),
    new SetReply([...(command.tips ?? [])]),
    new SetReply((command.keySpecs ?? []).map(describeKeySpec)),
    new SetReply(subcommands.map((subcommand) => describeCommand(subcommand, command))),
  ]
}

/** `client|list` */
export const fullName = (command: Command, container?: Command): string =>
  container === undefined ? command.name : `${container.name}|${command.name}`

interface LegacyRange {
  readonly first: number
  readonly last: number
  readonly step: number
}

/**
 * The one range of keys that clients knew before key specifications. Ranges that follow each other are one; later
 * specifications and those that are not ranges are left out. Source: `populateCommandLegacyRangeSpec` in `server.c`.
 */
const legacyRange = (command: Command): LegacyRange => {
  let range: LegacyRange = { first: 0, last: 0, step: 0 }
  let previousFirst = Number.MAX_SAFE_INTEGER
  for (const { begin, find } of command.keySpecs ?? []) {
    if (begin === 'unknown' || !('index' in begin) || find === 'unknown' || !('range' in find)) continue
    const { lastKey, step } = find.range
    if (range.last !== 0 && (step !== 1 || range.step !== 1 || begin.index !== range.last + 1)) continue
    const last = lastKey >= 0 ? lastKey + begin.index : lastKey
    previousFirst = Math.min(previousFirst, begin.index)
    range = { first: previousFirst, last, step }
  }
  return range
}

const describeKeySpec = (spec: KeySpec): Reply =>
  new MapReply([
    ...(spec.notes === undefined ? [] : ['notes', spec.notes]),
    'flags',
    statuses(spec.flags),
    'begin_search',
    describeBegin(spec.begin),
    'find_keys',
    describeFind(spec.find),
  ])

const described = (type: string, entries: readonly Reply[]): MapReply =>
  new MapReply(['type', type, 'spec', new MapReply(entries)])

const describeBegin = (begin: KeySpec['begin']): Reply => {
  if (begin === 'unknown') return described('unknown', [])
  if ('index' in begin) return described('index', ['index', begin.index])
  return described('keyword', ['keyword', begin.keyword, 'startfrom', begin.startFrom])
}

const describeFind = (find: KeySpec['find']): Reply => {
  if (find === 'unknown') return described('unknown', [])
  if ('range' in find) {
    return described('range', ['lastkey', find.range.lastKey, 'keystep', find.range.step, 'limit', find.range.limit])
  }
  const { keyNumIndex, firstKey, step } = find.keyNum
  return described('keynum', ['keynumidx', keyNumIndex, 'firstkey', firstKey, 'keystep', step])
}

/** One command as COMMAND DOCS prints it. */
export const documentCommand = (command: Command): MapReply => {
  const entries: Reply[] = ['summary', command.summary, 'since', command.since, 'group', command.group]
  if (command.complexity !== '') entries.push('complexity', command.complexity)
  if (command.docFlags !== undefined) entries.push('doc_flags', statuses(command.docFlags))
  if (command.deprecatedSince !== undefined) entries.push('deprecated_since', command.deprecatedSince)
  if (command.replacedBy !== undefined) entries.push('replaced_by', command.replacedBy)
  if (command.arguments !== undefined) entries.push('arguments', command.arguments.map(documentArgument))
  if (command.subcommands !== undefined) {
    entries.push(
      'subcommands',
      new MapReply(command.subcommands.flatMap((sub) => [fullName(sub, command), documentCommand(sub)])),
    )
  }
  return new MapReply(entries)
}

const documentArgument = (argument: CommandArgument): MapReply => {
  const entries: Reply[] = ['name', argument.name.toLowerCase(), 'type', argument.type]
  if (argument.keySpecIndex !== undefined) entries.push('key_spec_index', argument.keySpecIndex)
  if (argument.token !== undefined) entries.push('token', argument.token)
  if (argument.since !== undefined) entries.push('since', argument.since)
  if (argument.deprecatedSince !== undefined) entries.push('deprecated_since', argument.deprecatedSince)
  const flags = [
    ...(argument.optional ? ['optional'] : []),
    ...(argument.multiple ? ['multiple'] : []),
    ...(argument.multipleToken ? ['multiple_token'] : []),
  ]
  if (flags.length > 0) entries.push('flags', statuses(flags))
  if (argument.arguments !== undefined) entries.push('arguments', argument.arguments.map(documentArgument))
  return new MapReply(entries)
}
