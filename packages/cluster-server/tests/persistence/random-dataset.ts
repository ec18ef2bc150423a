import type { Random } from '../differential/random.js'

const EDGE_INTEGERS = ['0', '-1', '127', '128', '-129', '32767', '-32769', '8388608', '2147483647', '-2147483649']
const EDGE_LONGS = ['9223372036854775807', '-9223372036854775808', '9007199254740993', '4611686018427387905']
const EDGE_SCORES = ['inf', '-inf', '-0', '0.1', '1e300', '-4.5e-310', '9007199254740994', '4611686018427387904', '3']

/** Text of any kind that files treat differently: integers, short, long, compressible, binary. */
const text = (random: Random): string => {
  switch (random.below(8)) {
    case 0:
      return random.pick(EDGE_INTEGERS)
    case 1:
      return random.pick(EDGE_LONGS)
    case 2:
      return String(random.below(100_000) - 50_000)
    case 3:
      return random.pick(['', '00', '+1', '-0', '1.5', ' 1', '99999999999999999999'])
    case 4:
      return `${random.pick(['ab', 'x', 'hello '])}`.repeat(random.below(200))
    case 5:
      return Array.from({ length: random.below(80) }, () => String.fromCharCode(random.below(256))).join('')
    case 6:
      return Array.from({ length: random.below(6000) }, () => random.pick(['a', 'b', 'c', 'd'])).join('')
    default:
      return `w${random.below(1000)}`
  }
}

const score = (random: Random): string =>
  random.chance(0.3) ? random.pick(EDGE_SCORES) : String(random.chance(0.5) ? random.below(100) : random.next() * 100)

/** A container's number of elements: packed, at the limit, and far above. */
const size = (random: Random): number => random.pick([1, 2, 5, 20, 127, 128, 129, 512, 513, 700, 1500])

const distinct = (random: Random, count: number, make: () => string): string[] => {
  const found = new Set<string>()
  for (let i = 0; i < count; i++) found.add(random.chance(0.8) ? `e${i}` : make())
  return [...found]
}

/** One command, or a few, that make a key. */
const commandsFor = (random: Random, key: string): string[][] => {
  const any = (): string => text(random)
  switch (random.below(7)) {
    case 0:
      return [['SET', key, any()]]
    case 1:
      return [['RPUSH', key, ...Array.from({ length: size(random) }, any)]]
    case 2:
      return [['SADD', key, ...Array.from({ length: size(random) }, () => String(random.below(1e6) - 5e5))]]
    case 3:
      return [['SADD', key, ...(random.chance(0.3) ? EDGE_LONGS : distinct(random, size(random), any))]]
    case 4:
      return [['HSET', key, ...distinct(random, size(random), any).flatMap((field) => [field, any()])]]
    case 5:
      return [['ZADD', key, ...distinct(random, size(random), any).flatMap((member) => [score(random), member])]]
    default:
      return streamCommands(random, key)
  }
}

const streamCommands = (random: Random, key: string): string[][] => {
  const ids: string[] = []
  const commands: string[][] = []
  for (let i = 1; i <= random.pick([1, 20, 150, 300]); i++) {
    const id = `${1_700_000_000_000 + i * random.below(50)}-${i}`
    if (ids.length > 0 && compare(ids.at(-1)!, id) >= 0) continue
    ids.push(id)
    const fields = random.chance(0.7) ? ['a', 'b'] : [text(random)]
    commands.push(['XADD', key, id, ...fields.flatMap((field) => [field, text(random)])])
  }
  commands.push(['XDEL', key, random.pick(ids), random.pick(ids)])
  if (random.chance(0.6)) {
    commands.push(['XGROUP', 'CREATE', key, 'g', '0'], ['XGROUP', 'CREATE', key, 'empty', '$', 'ENTRIESREAD', '3'])
    for (const consumer of ['one', 'two'])
      commands.push(['XREADGROUP', 'GROUP', 'g', consumer, 'COUNT', '5', 'STREAMS', key, '>'])
    commands.push(['XACK', key, 'g', random.pick(ids)])
  }
  return commands
}

const compare = (one: string, other: string): number => {
  const [ms = 0, seq = 0] = one.split('-').map(Number)
  const [otherMs = 0, otherSeq = 0] = other.split('-').map(Number)
  return ms - otherMs || seq - otherSeq
}

/** Commands that fill databases with keys of every type and form. */
export const randomDataset = (random: Random, keys: number): string[][] => {
  const commands: string[][] = []
  for (let i = 0; i < keys; i++) {
    if (random.chance(0.1)) commands.push(['SELECT', String(random.below(4))])
    const key = random.chance(0.9) ? `key:${i}` : `${i}${text(random)}`
    commands.push(...commandsFor(random, key))
    if (random.chance(0.2)) commands.push(['PEXPIREAT', key, String(4_102_444_800_000 + random.below(1000))])
  }
  return [...commands, ['SELECT', '0']]
}
