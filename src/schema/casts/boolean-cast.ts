import { type Cast, CastMismatch } from '../cast.js'

/** True and false, stored as `1` and `0`; also given as 1, 0, `'1'`, `'0'`, `'true'`, `'false'`. Nothing else is guessed at. */
export const booleanCast: Cast<boolean> = {
  name: 'boolean',
  order: 'score',
  isText: false,
  values: ['0', '1'],
  expects: 'true or false',
  toStored: (value) => (toBoolean(value) ? '1' : '0'),
  fromStored: (text) => toBoolean(text),
  rank: Number,
}

function toBoolean(value: unknown): boolean {
  switch (value) {
    case true:
    case 1:
    case '1':
    case 'true':
      return true
    case false:
    case 0:
    case '0':
    case 'false':
      return false
    default:
      throw new CastMismatch()
  }
}
