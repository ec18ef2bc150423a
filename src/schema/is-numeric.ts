import type { Cast } from './cast.js'

/** Whether the stored texts of a cast are numbers that can be added: integers, bigints, decimals and floats. */
export function isNumeric(cast: Cast): boolean {
  return /^(integer|float|bigint|decimal)(:|$)/.test(cast.name)
}
