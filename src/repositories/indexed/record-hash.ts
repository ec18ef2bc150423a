import type { Fields, StoredRecord } from '../repository.js'

/** A record as its hash was read, without the field that holds the time of its creation; null where there is none. */
export function recordOfHash(
  id: string,
  hash: readonly string[],
): { record: StoredRecord; createdAtMs: number } | null {
  const place = markerPlace(hash)
  if (place < 0) return null
  const fields: Fields = place === 0 ? hash.slice(2) : [...hash.slice(0, place), ...hash.slice(place + 2)]
  return { record: { id, fields }, createdAtMs: Number(hash[place + 1]) }
}

/** The same from names and values that run beside each other. */
export function recordOfRow(
  id: string,
  names: readonly string[],
  values: readonly string[],
): { record: StoredRecord; createdAtMs: number } | null {
  const marker = names.indexOf('')
  if (marker < 0) return null
  const fields: string[] = []
  for (let index = 0; index < names.length; index++) {
    if (index !== marker) fields.push(names[index] ?? '', values[index] ?? '')
  }
  return { record: { id, fields }, createdAtMs: Number(values[marker]) }
}

function markerPlace(hash: readonly string[]): number {
  for (let index = 0; index < hash.length; index += 2) if (hash[index] === '') return index
  return -1
}
