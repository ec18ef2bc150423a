import type { Effect } from '../commands/replication-state.js'

/** A key in one of the databases. */
export interface KeyPlace {
  readonly databaseIndex: number
  readonly key: string
}

/** The database that COPY or MOVE names besides its own; undefined for any other command. */
const otherDatabase = (argv: readonly string[]): number | undefined => {
  switch (argv[0]?.toUpperCase()) {
    case 'MOVE':
      return Number(argv[2])
    case 'COPY': {
      const option = argv.findIndex((word, index) => index > 2 && word.toUpperCase() === 'DB')
      return option === -1 ? undefined : Number(argv[option + 1])
    }
    default:
      return undefined
  }
}

/** Every key that an effect reads or writes, in whichever database; none for an effect without keys. */
export const touchedKeys = (
  { databaseIndex, argv }: Effect,
  keysOf: (argv: readonly string[]) => readonly string[],
): KeyPlace[] => {
  const keys = keysOf(argv)
  const other = otherDatabase(argv)
  const databases = other === undefined ? [databaseIndex] : [databaseIndex, other]
  return databases.flatMap((index) => keys.map((key) => ({ databaseIndex: index, key })))
}
