import type { ConnectionResolver } from '../connections/connection.js'
import { quote } from '../errors/quote.js'
import { InvalidArgumentError } from '../errors/usage-errors.js'
import { ArrayRepository } from './array/array-repository.js'
import { ClusterRepository } from './cluster/cluster-repository.js'
import type { ConnectionSource } from './connection-source.js'
import { IndexedRepository } from './indexed/indexed-repository.js'
import { RedisRepository } from './redis/redis-repository.js'
import type { Repository } from './repository.js'

/** A class of repositories; it is given the connection of the models that it serves, to be opened when first used. */
export type RepositoryClass = new (connection: ConnectionSource) => Repository

/** How a repository can be named: `'indexed'`, `'redis'`, `'cluster'`, `'array'`, a class or an object of one's own. */
export type RepositoryChoice = string | RepositoryClass | Repository

/** Turns names into repositories: one instance for each choice and connection. */
export class RepositoryFactory {
  readonly #resolver: ConnectionResolver
  readonly #instances = new Map<string | RepositoryClass, Map<string | undefined, Repository>>()

  constructor(resolver: ConnectionResolver) {
    this.#resolver = resolver
  }

  /**
   * The repository of a choice over a connection, the default connection for undefined. Opens nothing: the connection is
   * asked for by the first operation that needs one. An object of one's own is returned as it is.
   * Throws `InvalidArgumentError` for an unknown name.
   */
  repository(choice: RepositoryChoice, connectionName?: string): Repository {
    if (typeof choice === 'object' && choice !== null) return choice
    const build = typeof choice === 'function' ? builderOf(choice) : builtIn.get(choice)
    if (build === undefined) {
      const name = typeof choice === 'string' ? choice : quote(choice)
      throw new InvalidArgumentError(`Repository [${name}] is not supported.`)
    }
    const ofChoice = this.#instances.get(choice) ?? new Map<string | undefined, Repository>()
    this.#instances.set(choice, ofChoice)
    const known = ofChoice.get(connectionName)
    if (known !== undefined) return known
    const repository = build(() => this.#resolver.connection(connectionName))
    ofChoice.set(connectionName, repository)
    return repository
  }
}

type RepositoryBuilder = (connection: ConnectionSource) => Repository

function builderOf(choice: RepositoryClass): RepositoryBuilder {
  return (connection) => new choice(connection)
}

const builtIn: ReadonlyMap<string, RepositoryBuilder> = new Map<string, RepositoryBuilder>([
  ['array', () => new ArrayRepository()],
  ['cluster', (connection) => new ClusterRepository(connection)],
  ['indexed', (connection) => new IndexedRepository(connection)],
  ['redis', (connection) => new RedisRepository(connection)],
])
