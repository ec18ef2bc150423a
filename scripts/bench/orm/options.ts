import { parseArgs } from 'node:util'
import { UsageError } from '../usage-error.js'
import { isRowName, type RowName, rowNames } from './rows.js'

/** Where the rows are measured; only a real redis-server is judged by gates. */
export const targetNames = ['redis', 'cluster', 'embedded'] as const

/** A target of the benchmark. */
export type TargetName = (typeof targetNames)[number]

/** What `npm run bench -- orm` takes. */
export interface OrmOptions {
  readonly rows: readonly RowName[]
  readonly targets: readonly TargetName[]
  /** Interleaved rounds of each row; null: its own number. */
  readonly rounds: number | null
  /** Records of the large model of the row `growth`. */
  readonly largeRecords: number
  /** Whether the processors are kept from sleeping. */
  readonly isAwake: boolean
}

/**
 * Reads `--only save-hset,page`, `--targets redis,cluster,embedded`, `--rounds 9`, `--full` (growth up to 1,000,000 records
 * instead of 200,000) and `--awake` (see `keepAwake`). Throws a `UsageError` that names what is unknown.
 */
export const readOptions = (args: readonly string[]): OrmOptions => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string' },
      targets: { type: 'string' },
      rounds: { type: 'string' },
      full: { type: 'boolean', default: false },
      awake: { type: 'boolean', default: false },
    },
  })
  const rounds = values.rounds === undefined ? null : Number(values.rounds)
  if (rounds !== null && !(Number.isInteger(rounds) && rounds >= 1)) {
    throw new UsageError(`--rounds is a whole number of at least 1, not "${values.rounds}"`)
  }
  return {
    rows: listed('row', values.only, rowNames, isRowName),
    targets: listed('target', values.targets, targetNames, isTargetName),
    rounds,
    largeRecords: values.full ? 1_000_000 : 200_000,
    isAwake: values.awake,
  }
}

const isTargetName = (name: string): name is TargetName => targetNames.some((known) => known === name)

const listed = <Name extends string>(
  what: string,
  given: string | undefined,
  all: readonly Name[],
  isName: (name: string) => name is Name,
): readonly Name[] => {
  if (given === undefined) return all
  return given.split(',').map((name) => {
    if (isName(name)) return name
    throw new UsageError(`There is no ${what} "${name}"; there are: ${all.join(', ')}`)
  })
}
