import type { Fields } from './repository.js'

/** The value of one field of a record, null where it has none; of a name that occurs twice, the last, as in Redis. */
export function fieldOf(fields: Fields, name: string): string | null {
  for (let index = fields.length - 2; index >= 0; index -= 2) {
    if (fields[index] === name) return fields[index + 1] ?? null
  }
  return null
}

/** Field names and values in pairs. */
export function* pairsOf(fields: Fields): Generator<readonly [name: string, value: string]> {
  for (let index = 0; index < fields.length; index += 2) yield [fields[index] ?? '', fields[index + 1] ?? '']
}

/** The reverse of `pairsOf`. */
export function fieldsOf(pairs: Iterable<readonly [name: string, value: string]>): string[] {
  const fields: string[] = []
  for (const [name, value] of pairs) fields.push(name, value)
  return fields
}
