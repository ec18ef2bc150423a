import { functionForms } from './function-forms.js'
import { geoForms } from './geo-forms.js'
import { hashForms } from './hash-forms.js'
import { hyperLogLogForms } from './hyperloglog-forms.js'
import { keyForms } from './key-forms.js'
import { blockingForms, listForms } from './list-forms.js'
import { channelForms, connectionForms, dumpForms, scriptForms, serverForms, userForms } from './node-forms.js'
import { Random } from './random.js'
import type { CommandForm, RandomCommand } from './random-command.js'
import { setForms } from './set-forms.js'
import { sortedSetForms } from './sorted-set-forms.js'
import { blockingStreamForms, streamForms } from './stream-forms.js'
import { bitmapForms, stringForms } from './string-forms.js'
import { Words } from './words.js'

/** Commands that belong together: shrinking a failing stream keeps or drops them as one. */
export type Block = readonly RandomCommand[]

/** The groups of commands of which streams are made. */
export const FORMS = {
  string: stringForms,
  bitmap: bitmapForms,
  hash: hashForms,
  list: listForms,
  set: setForms,
  'sorted-set': sortedSetForms,
  stream: streamForms,
  hyperloglog: hyperLogLogForms,
  geo: geoForms,
  function: functionForms,
  node: [...connectionForms, ...channelForms, ...scriptForms, ...serverForms, ...userForms, ...dumpForms],
}

const damage = (argv: readonly string[], words: Words): string[] => {
  const { random } = words
  const damaged = [...argv]
  const at = 1 + random.below(damaged.length)
  switch (random.below(3)) {
    case 0:
      damaged.splice(at, 1)
      break
    case 1:
      damaged.splice(at, 0, words.member())
      break
    default:
      if (at < damaged.length) damaged[at] = random.chance(0.5) ? words.number() : words.member()
  }
  return damaged
}

const SCRIPT = 'return redis.pcall(unpack(ARGV))'

const changeCase = (name: string, random: Random): string => (random.chance(0.2) ? name.toLowerCase() : name)

const makeCommand = (form: CommandForm, words: Words): RandomCommand[] => {
  const { random } = words
  const intact = [changeCase(form.name, random), ...form.words(words)]
  const damaged = form.damageable !== false && !form.isolated && random.chance(0.03)
  const argv = damaged ? damage(intact, words) : intact
  // A command must do the same from a script.
  const scripted = !damaged && !form.isolated && random.chance(0.03)
  const command: RandomCommand = { argv: scripted ? ['EVAL', SCRIPT, '0', ...argv] : argv, compare: form.compare }
  const behind = [...(form.followedBy ?? []), ...(form.diverges ? [['DEL', intact[1] ?? '']] : [])]
  const ahead: RandomCommand[] = form.meetsAnyKey ? [{ argv: ['SCAN', '0', 'COUNT', '10000'], compare: 'scan' }] : []
  return [...ahead, command, ...behind.map((words): RandomCommand => ({ argv: words, compare: 'exact' }))]
}

const makeTransaction = (forms: readonly CommandForm[], words: Words): RandomCommand[] => {
  const withBlocking = [...forms.filter(({ isolated }) => !isolated), ...blockingForms, ...blockingStreamForms]
  const queued = words.random.several(1, 5, () => makeCommand(words.random.pick(withBlocking), words)).flat()
  return [
    { argv: ['MULTI'], compare: 'exact' },
    ...queued.map(({ argv }): RandomCommand => ({ argv, compare: 'exact' })),
    words.random.chance(0.1)
      ? { argv: ['DISCARD'], compare: 'exact' }
      : { argv: ['EXEC'], compare: queued.map(({ compare }) => compare) },
  ]
}

/** A stream of about `length` commands over the given groups, of the forms that are accepted, the same for the same seed. */
export const makeStream = (
  seed: number,
  length: number,
  groups: readonly (keyof typeof FORMS)[],
  accepts: (form: CommandForm) => boolean = () => true,
): Block[] => {
  const random = new Random(seed)
  const words = new Words(random)
  const forms = [...groups.flatMap((group): CommandForm[] => FORMS[group]), ...keyForms].filter(accepts)
  const blocks: Block[] = [[{ argv: ['HELLO', random.pick(['2', '3'])], compare: 'ignored' }]]
  while (blocks.length < length) {
    const form = random.pick(forms)
    if (form.rare && random.chance(0.9)) continue
    blocks.push(random.chance(0.04) ? makeTransaction(forms, words) : makeCommand(form, words))
  }
  return blocks
}
