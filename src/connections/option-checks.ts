import { ConfigurationError } from '../errors/connection-errors.js'
import { quote } from '../errors/quote.js'

/** Decides on one value: undefined when it fits, otherwise the form that was expected. `path` names it in messages. */
export type OptionCheck = (value: unknown, path: string) => string | undefined

const SECRET = /(password|key|cert)$/i

/** Shows a value in a message; secrets are named, never shown. */
const shown = (path: string, value: unknown): string =>
  SECRET.test(path) && !/prefix/i.test(path) ? '(hidden)' : quote(value)

/** @throws ConfigurationError always, naming the option, its value and what was expected. */
export const refuse = (subject: string, path: string, value: unknown, expected: string): never => {
  throw new ConfigurationError(`${subject}: option ${path} is ${shown(path, value)}, expected ${expected}`)
}

export const text: OptionCheck = (value) =>
  typeof value === 'string' && value !== '' ? undefined : 'a text that is not empty'

export const flag: OptionCheck = (value) => (typeof value === 'boolean' ? undefined : 'true or false')

/** A whole number between two limits, both included. `unit` is for the message. */
export const integer =
  (min: number, max: number, unit = ''): OptionCheck =>
  (value) =>
    Number.isInteger(value) && Number(value) >= min && Number(value) <= max
      ? undefined
      : `a whole number${unit === '' ? '' : ` of ${unit}`} from ${min} to ${max}`

/** The known word nearest to an unknown one, if there is a near one. */
export const nearest = (word: string, known: readonly string[]): string | undefined => {
  const limit = Math.max(2, Math.floor(word.length / 3))
  const ranked = known
    .map((candidate) => ({ candidate, distance: editDistance(word.toLowerCase(), candidate.toLowerCase()) }))
    .sort((left, right) => left.distance - right.distance)
  const [best] = ranked
  return best !== undefined && best.distance <= limit ? best.candidate : undefined
}

/**
 * Checks an object of options: known names only, `undefined` counts as absent.
 * @throws ConfigurationError for the first that does not fit.
 */
export const checkOptions = (
  subject: string,
  options: object,
  checks: Readonly<Record<string, OptionCheck>>,
  required: readonly string[] = [],
  parent = '',
): void => {
  for (const [name, value] of Object.entries(options)) {
    const path = parent + name
    const check = Object.hasOwn(checks, name) ? checks[name] : undefined
    if (check === undefined) {
      const near = nearest(name, Object.keys(checks))
      const hint = near === undefined ? `known are ${Object.keys(checks).join(', ')}` : `did you mean ${parent}${near}?`
      throw new ConfigurationError(`${subject}: there is no option ${path}; ${hint}`)
    }
    if (value === undefined) continue
    const expected = check(value, path)
    if (expected !== undefined) refuse(subject, path, value, expected)
  }
  for (const name of required) {
    if (Reflect.get(options, name) === undefined) {
      throw new ConfigurationError(`${subject}: option ${parent}${name} is missing`)
    }
  }
}

const editDistance = (left: string, right: string): number => {
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index)
  for (let row = 1; row <= left.length; row += 1) {
    const current = [row]
    for (let column = 1; column <= right.length; column += 1) {
      const replaced = (previous[column - 1] ?? 0) + (left[row - 1] === right[column - 1] ? 0 : 1)
      current.push(Math.min(replaced, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1))
    }
    previous = current
  }
  return previous[right.length] ?? 0
}
