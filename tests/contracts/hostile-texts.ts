/** Texts that have a meaning somewhere on the way: separators, tags, globs, escapes, Lua patterns, numbers, other planes. */
export const hostileTexts = [
  'a:b', ':', '::', 'a:ip:b', '{x}', '}{', '*', '?', '[a]', '[^a]', '\\', '\\*', '%', '%null', '%25', '%3A', '%00', 'a%b',
  '-', '^', '.', '%a', '%s', '\0', 'a\0b', '\u0001', '\u0001\u0002', '\n', '\r\n', '\u007f', ' ', ' a ', '"', "'", '__proto__',
  'constructor', 'toString', '0', '00', '-0', '1e3', 'nan', 'inf', 'null', 'NULL', 'undefined', 'é', 'e\u0301', '\uffee', '😀',
  '\u{10ffff}', '\ufeff', '你好', 'x'.repeat(3000),
] // biome-ignore format: a list
