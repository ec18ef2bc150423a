import type { ConnectionSource } from '../connection-source.js'
import type { RepositoryClass } from '../repository-factory.js'
import { MigratingRepository } from './migrating-repository.js'
import { checkOrigin, type MigrationOrigin, originText } from './migration-origin.js'

/**
 * The repository of models on their way from one layout to the indexed one; see `MigratingRepository`. The same class for the
 * same origin.
 *
 *     Visit.setRepository(migratingFrom('redis'))
 *     Order.setRepository(migratingFrom({ partitions: 6 }))
 *
 * Throws `InvalidArgumentError` for what is no origin.
 */
export function migratingFrom(origin: MigrationOrigin): RepositoryClass {
  checkOrigin(origin)
  const name = originText(origin)
  const known = classes.get(name)
  if (known !== undefined) return known
  const made = class extends MigratingRepository {
    constructor(connection: ConnectionSource) {
      super(connection, origin)
    }
  }
  classes.set(name, made)
  return made
}

const classes = new Map<string, RepositoryClass>()
