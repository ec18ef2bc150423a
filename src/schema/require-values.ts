import { quote } from '../errors/quote.js'
import { InvalidArgumentError } from '../errors/usage-errors.js'

/**
 * Throws `InvalidArgumentError` for anything but an object of values by name.
 *
 * @param what What is given that way, for the message: `Attributes`.
 */
export function requireValuesByName(what: string, model: string, given: unknown): asserts given is object {
  if (areValuesByName(given)) return
  const isRecord = typeof given === 'object' && given !== null && 'getAttributes' in given
  const remedy = isRecord ? ': name the attributes that are meant, { name: record.name }.' : '.'
  throw new InvalidArgumentError(
    `${what} of model [${model}] are given as an object of values by name, not as ${quote(given)}${remedy}`,
  )
}

/**
 * Whether this is an object of values by name. A record, a list and a `Map` are none: they have no such properties of their own, so
 * that they would say nothing at all, and a condition that says nothing holds for every record.
 */
export function areValuesByName(given: unknown): given is object {
  return typeof given === 'object' && given !== null && !(Symbol.iterator in given)
}
