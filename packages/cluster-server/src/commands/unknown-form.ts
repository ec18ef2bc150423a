import { type WireError, wireError } from '../wire-errors.js'
import { argument } from './arguments.js'

/** For a subcommand that is known, with a number of words that it does not take. */
export const unknownForm = (argv: readonly string[]): WireError =>
  wireError(
    `ERR unknown subcommand or wrong number of arguments for '${argument(argv, 1).slice(0, 128)}'. Try ${argument(argv, 0).toUpperCase()} HELP.`,
  )
