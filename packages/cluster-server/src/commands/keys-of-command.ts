import type { Command, KeyReference, KeySpec } from './command.js'

/**
 * The keys among the words of a command, from its key specifications, or from its own `findKeys`. Undefined when the
 * words do not fit the specifications (`ZUNION 5 a`). Shard channels are listed with the flag `not_key`.
 * Source of the rules: `getKeysUsingKeySpecs` in `db.c` of Redis 7.0.
 */
export const findKeys = (command: Command, argv: readonly string[]): readonly KeyReference[] | undefined => {
  if (command.findKeys !== undefined) return command.findKeys(argv)
  const keys: KeyReference[] = []
  for (const spec of command.keySpecs ?? []) {
    const first = beginningOf(spec, argv)
    if (first === 'absent') continue
    if (first === 'unknown' || !collect(spec, first, argv, keys)) {
      if (!spec.flags.includes('incomplete')) return undefined
    }
  }
  return keys
}

/** The keys of a command as text; none when its words do not fit. */
export const getKeys = (command: Command, argv: readonly string[]): string[] =>
  (findKeys(command, argv) ?? []).map((key) => argv[key.index] ?? '')

const beginningOf = (spec: KeySpec, argv: readonly string[]): number | 'absent' | 'unknown' => {
  const { begin } = spec
  if (begin === 'unknown') return 'unknown'
  if ('index' in begin) return begin.index
  const forward = begin.startFrom > 0
  const start = forward ? begin.startFrom : argv.length + begin.startFrom
  for (let i = start; forward ? i < argv.length - 1 : i > 1; i += forward ? 1 : -1) {
    if (argv[i]?.toUpperCase() === begin.keyword) return i + 1
  }
  return 'absent'
}

/** Adds the keys of `spec`, which begin at `first`. @returns false when there is no room for them in `argv`. */
const collect = (spec: KeySpec, first: number, argv: readonly string[], keys: KeyReference[]): boolean => {
  const { find } = spec
  if (find === 'unknown') return false
  let start = first
  let last: number
  let step: number
  if ('range' in find) {
    const { lastKey, limit } = find.range
    step = find.range.step
    if (lastKey >= 0) last = first + lastKey
    else if (limit === 0) last = argv.length + lastKey
    else last = first + Math.trunc((argv.length - first) / limit) + lastKey
  } else {
    const { keyNumIndex, firstKey } = find.keyNum
    const text = argv[first + keyNumIndex] ?? ''
    if (!/^(0|-?[1-9][0-9]{0,8})$/.test(text)) return false
    step = find.keyNum.step
    start = first + firstKey
    last = start + Number(text) - 1
    // A script without keys is right; its numbers may point just behind the end.
    if (last < start) return Number(text) === 0
  }
  if (last < start || last >= argv.length || start >= argv.length) return false
  for (let index = start; index <= last; index += step) keys.push({ index, flags: spec.flags })
  return true
}
