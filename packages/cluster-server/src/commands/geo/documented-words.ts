import type { CommandArgument } from '../command.js'

/** The units of length, as they are documented. */
export const UNITS: readonly CommandArgument[] = [
  { name: 'm', type: 'pure-token', token: 'M' },
  { name: 'km', type: 'pure-token', token: 'KM' },
  { name: 'ft', type: 'pure-token', token: 'FT' },
  { name: 'mi', type: 'pure-token', token: 'MI' },
]

/** In which order the places that are found are answered. */
export const ORDER: CommandArgument = {
  name: 'order',
  type: 'oneof',
  optional: true,
  arguments: [
    { name: 'asc', type: 'pure-token', token: 'ASC' },
    { name: 'desc', type: 'pure-token', token: 'DESC' },
  ],
}

/** What is answered of each place beside its member. */
export const FACTS: readonly CommandArgument[] = [
  { name: 'withcoord', type: 'pure-token', token: 'WITHCOORD', optional: true },
  { name: 'withdist', type: 'pure-token', token: 'WITHDIST', optional: true },
  { name: 'withhash', type: 'pure-token', token: 'WITHHASH', optional: true },
]

/** How many places are answered; `anySince`: the version that brought ANY, where that is documented. */
export const countWords = (anySince?: string): CommandArgument => ({
  name: 'count',
  type: 'block',
  optional: true,
  arguments: [
    { name: 'count', type: 'integer', token: 'COUNT' },
    {
      name: 'any',
      type: 'pure-token',
      token: 'ANY',
      optional: true,
      ...(anySince !== undefined && { since: anySince }),
    },
  ],
})
