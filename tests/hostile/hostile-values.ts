import { createRandom, type Random } from '../repositories/random.js'

/** What has a meaning somewhere on the way: in keys, tags, globs, scripts, the protocol, numbers, JavaScript, Unicode. */
const pieces = [
  ':', '::', '{', '}', '{}', '{x}', '}{', '*', '**', '?', '[', ']', '[a]', '[^a]', '[a-z]', '^', '\\', '\\\\', '\\*', '\\?', '%',
  '%%', '%null', '%expiry', '%terms', '%schema', '%25', '%3A', '%2A', '%7B', '%00', '%0', '%g', '%a', '%s', '%n', '\0', '\u0001',
  '\u0001\u0001', '\u0001\u0002', '\u0002', '\u001f', '\u007f', '\u0080', '\t', '\n', '\r', '\r\n', '\r\n$1\r\n', '*1\r\n', ' ', '  ',
  '\u00a0', '\u2003', '"', "'", '`', '$', '&', '|', '<', '>', '/', '../', ',', ';', '-', '--', '--[[', ']]', '_', '+', '=',
  '@', '#', '!', '~', '(', ')', '0', '00', '-0', '+0', '1', '01', '1.0', '1e3', '0x10', '9007199254740993', 'nan', 'NaN', 'inf',
  '+inf', '-inf', 'Infinity', 'null', 'NULL', 'nil', 'undefined', 'true', 'false', 'é', 'e\u0301', 'Å', 'A\u030a', '\u212b', 'ﬁ',
  'fi', 'ß', 'ss', 'İ', 'i\u0307', 'I', 'ı', 'Σ', 'ς', 'σ', '\u200b', '\ufeff', '\u202e', '\u2028', '\ufffd', '\ufffe', '\uffff',
  '\uffee', '你好', '😀', '\u{1f468}\u200d\u{1f469}', '\u{10000}', '\u{10ffff}', '__proto__', 'constructor', 'prototype',
  'toString', 'hasOwnProperty', 'valueOf', 'then', 'length', 'id', 'ID', 'ip', 'text', 'a', 'b', 'z', 'A', 'idx:', 'unq:', 'id:',
  ':id:', ':text:', 'return 1', "redis.call('FLUSHALL')", 'created_at',
] // biome-ignore format: a list

const halves = ['\ud800', '\udbff', '\udc00', '\udfff', '\ude00\ud83d']

/** Texts that are in no way ordinary: all pieces, then random ones; no text twice. The same for the same seed. */
export function hostileValues(count: number, seed: number): readonly string[] {
  const random = createRandom(seed)
  const values = new Set(['', ...pieces])
  while (values.size < count) values.add(randomText(random))
  return [...values].slice(0, count)
}

/** Texts with unpaired surrogates: no UTF-8 can carry them. */
export function brokenValues(count: number, seed: number): readonly string[] {
  const random = createRandom(seed)
  const values = new Set<string>(halves)
  while (values.size < count) {
    const text = `${part(random)}${random.of(halves)}${part(random)}`
    if (!text.isWellFormed()) values.add(text)
  }
  return [...values]
}

function randomText(random: Random): string {
  switch (random.below(8)) {
    case 0:
      return Array.from({ length: 1 + random.below(12) }, () => codePoint(random)).join('')
    case 1:
      return random.of(pieces).repeat(2 + random.below(40))
    case 2:
      return `${part(random)}${'x'.repeat(random.below(900))}${part(random)}`
    default:
      return Array.from({ length: 1 + random.below(5) }, () => part(random)).join('')
  }
}

function part(random: Random): string {
  return random.below(6) === 0 ? codePoint(random) : random.of(pieces)
}

/** Any code point but a surrogate, small ones more often. */
function codePoint(random: Random): string {
  const code = random.below([0x80, 0x100, 0x800, 0x10000, 0x110000][random.below(5)]!)
  return code >= 0xd800 && code < 0xe000 ? '\uffff' : String.fromCodePoint(code)
}
