/** Longest name of a chunk in messages, with its closing zero in C. */
const MAX_LENGTH = 60

/** How messages show a chunk: `@file` and `=name` without their mark, other source as `[string "first line..."]`. */
export const chunkName = (source: string): string => {
  if (source.startsWith('=')) return source.slice(1, MAX_LENGTH)
  if (source.startsWith('@')) {
    const name = source.slice(1)
    const room = MAX_LENGTH - " '...' ".length - 1
    return name.length > room ? `...${name.slice(name.length - room)}` : name
  }
  const [line = ''] = source.split(/[\r\n]/, 1)
  const room = MAX_LENGTH - ' [string "..."] '.length - 1
  const text = line.length > room || line.length < source.length ? `${line.slice(0, room)}...` : line
  return `[string "${text}"]`
}
