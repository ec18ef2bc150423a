import { type WireError, wireError } from '../../wire-errors.js'

/** The answer of FUNCTION to a subcommand with too many words. */
export const subcommandSyntax = (name: string): WireError =>
  wireError(`ERR unknown subcommand or wrong number of arguments for '${name}'. Try FUNCTION HELP.`)
