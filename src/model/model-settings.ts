import type { Connection, ConnectionResolver } from '../connections/connection.js'
import { ConnectionManager } from '../connections/connection-manager.js'
import type { Repository } from '../repositories/repository.js'
import { type RepositoryChoice, RepositoryFactory } from '../repositories/repository-factory.js'
import { entityOf } from '../schema/class-declarations.js'
import { inUse } from './class-in-use.js'
import { isDefined } from './definition-of.js'

/** What a class decides about storage; the next base class decides what it leaves open. */
interface Setting {
  repository?: RepositoryChoice
  connection?: string | null
}

const settings = new WeakMap<object, Setting>()

/** The connections of this process by name, where `Model.useConnections` does not set others. Opens nothing by itself. */
export const connections = new ConnectionManager()

let resolver: ConnectionResolver = connections
let factory = new RepositoryFactory(resolver)

/** The repositories of classes, until a setting changes. */
let repositories = new WeakMap<object, Repository>()

/** The repository of models that choose none. */
const DEFAULT_REPOSITORY = 'indexed'

/** Sets the source of all connections, and so all repositories anew. */
export function useConnections(source: ConnectionResolver): void {
  repositories = new WeakMap()
  resolver = source
  factory = new RepositoryFactory(resolver)
}

/** Opens a connection by name, or that of a class. */
export function openConnectionOf(prototype: object, name?: string): Promise<Connection> {
  return resolver.connection(name ?? connectionOf(prototype))
}

/** Sets what a class and its subclasses use, unless they decide themselves. Throws for an unknown name. */
export function chooseRepository(prototype: object, repository: RepositoryChoice): void {
  factory.repository(repository)
  const target = inUse(prototype)
  settings.set(target, { ...settings.get(target), repository })
  repositories = new WeakMap()
}

/** Sets the connection of a class and its subclasses; null is the default connection. */
export function chooseConnection(prototype: object, connection: string | null): void {
  const target = inUse(prototype)
  settings.set(target, { ...settings.get(target), connection })
  repositories = new WeakMap()
}

/** The repository of a class, over the class's connection. */
export function repositoryOf(prototype: object): Repository {
  const known = repositories.get(prototype)
  if (known !== undefined) return known
  const choice = nearest(prototype, (setting) => setting.repository) ?? DEFAULT_REPOSITORY
  const repository = factory.repository(choice, connectionOf(prototype))
  // Before a class is defined its decorators may still change it.
  if (isDefined(prototype)) repositories.set(prototype, repository)
  return repository
}

/** The name of a class's connection; undefined for the default one. */
export function connectionOf(prototype: object): string | undefined {
  return nearest(prototype, (setting) => setting.connection) ?? undefined
}

/** A setting made at run time comes before that of the decorator, and that of a subclass before that of its base. */
function nearest<Value>(prototype: object, pick: (setting: Setting) => Value | undefined): Value | undefined {
  for (let level: object | null = inUse(prototype); level !== null; level = Object.getPrototypeOf(level)) {
    const own = settings.get(level)
    const chosen = own === undefined ? undefined : pick(own)
    const value = chosen !== undefined ? chosen : pick(entityOf(level) as Setting)
    if (value !== undefined) return value
  }
  return undefined
}
