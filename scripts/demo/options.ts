import { parseArgs } from 'node:util'

/** What a person may ask of the demo. */
export interface DemoOptions {
  /** Server or cluster to use; null starts an embedded cluster of three primaries and three replicas. */
  readonly url: string | null
  /** Number of cities to load; null loads all 135,233. */
  readonly limit: number | null
}

export const usage = `npm run demo [-- --url URL] [--limit ROWS]

  --url URL      redis://host:port, rediss://…, redis+cluster://h1:p1,h2:p2, embedded://?primaries=3&replicas=1
                 (default: an embedded cluster of three primaries and three replicas on free loopback ports)
  --limit ROWS   load only so many cities (default: all 135,233)`

/** @throws Error with a text for the person who typed `argv`. */
export const parseOptions = (argv: readonly string[]): DemoOptions | 'help' => {
  const { values } = parseArgs({
    args: [...argv],
    options: { url: { type: 'string' }, limit: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
    strict: true,
  })
  if (values.help) return 'help'
  const limit = values.limit === undefined ? null : Number(values.limit)
  if (limit !== null && !(Number.isInteger(limit) && limit >= 2000)) {
    throw new Error(`--limit takes a whole number of at least 2000, not "${values.limit}"`)
  }
  return { url: values.url ?? null, limit }
}
