import { ConfigurationError, ConnectionError } from '../errors/connection-errors.js'
import { quote } from '../errors/quote.js'
import type { Connection, ConnectionHealth, ConnectionResolver } from './connection.js'
import { type Environment, optionsFromEnvironment } from './connection-environment.js'
import { unhealthy } from './connection-health.js'
import { type ConnectionOptions, connectionDefaults } from './connection-options.js'
import { type ConnectionSource, openConnection, resolveOptions } from './open-connection.js'
import { nearest } from './option-checks.js'

/** A name, how to connect, and the connection once somebody asked for it. */
interface Definition {
  readonly options: ConnectionOptions
  opening: Promise<Connection> | null
}

/** The name that is used where none is given, unless another one is chosen. */
export const DEFAULT_CONNECTION = 'default'

/**
 * Connections by name. A connection opens when it is first asked for, once, however many ask at the same time; a
 * failure to open is not remembered. Where no connection was defined under the default name, the environment decides
 * (`optionsFromEnvironment`), and `redis://127.0.0.1:6379` when it says nothing.
 *
 *     const connections = new ConnectionManager()
 *     connections.define('default', 'redis+cluster://10.0.0.1:6379,10.0.0.2:6379?keyPrefix=shop:')
 *     const connection = await connections.connection()
 *     await connections.closeAll()
 */
export class ConnectionManager implements ConnectionResolver {
  readonly #definitions = new Map<string, Definition>()
  readonly #environment: Environment
  #defaultName = DEFAULT_CONNECTION

  /** @param environment Default: that of the process. */
  constructor(environment: Environment = process.env) {
    this.#environment = environment
  }

  /** Names of the defined connections, in order of definition. */
  get names(): readonly string[] {
    return [...this.#definitions.keys()]
  }

  /** The connection that is meant where no name is given. */
  get defaultName(): string {
    return this.#defaultName
  }

  /**
   * Defines a connection; nothing is opened yet.
   * @throws ConfigurationError for options that cannot work, or when the name is taken: `replace` is for that.
   */
  define(name: string, source: ConnectionSource): void {
    checkName(name)
    if (this.#definitions.has(name)) {
      throw new ConfigurationError(`Connection [${name}] is defined already; use replace() to change it`)
    }
    this.#definitions.set(name, { options: resolveOptions(name, source), opening: null })
  }

  /**
   * Defines a connection anew, and closes the one that had the name: requests on their way are answered first.
   * @throws ConfigurationError for options that cannot work; the old connection stays then.
   */
  async replace(name: string, source: ConnectionSource): Promise<void> {
    checkName(name)
    const options = resolveOptions(name, source)
    const previous = this.#definitions.get(name)
    this.#definitions.set(name, { options, opening: null })
    await closeDefinition(previous)
  }

  /** Chooses the connection that is meant where no name is given. It may be defined later. */
  setDefault(name: string): void {
    checkName(name)
    this.#defaultName = name
  }

  /** The options under which a connection opens. @throws ConfigurationError for an unknown name. */
  options(name?: string): ConnectionOptions {
    return this.#definition(name ?? this.#defaultName).options
  }

  /**
   * The connection of that name, opened if need be; the default one for undefined.
   * @throws ConfigurationError for an unknown name; ConnectionError when it cannot be opened.
   */
  async connection(name?: string): Promise<Connection> {
    const chosen = name ?? this.#defaultName
    const definition = this.#definition(chosen)
    if (definition.opening === null) {
      const opening = openConnection(chosen, definition.options)
      definition.opening = opening
      opening.catch(() => {
        if (definition.opening === opening) definition.opening = null
      })
    }
    return await definition.opening
  }

  /**
   * Asks every node of a connection whether it serves, and opens the connection if need be; the default one for undefined.
   * A server that cannot be reached is part of the answer.
   * @throws ConfigurationError for an unknown name.
   */
  async health(name?: string): Promise<ConnectionHealth> {
    try {
      return await (await this.connection(name)).health()
    } catch (error) {
      if (!(error instanceof ConnectionError)) throw error
      return unhealthy(error.message)
    }
  }

  /** Closes a connection if it is open; it opens again when it is asked for again. */
  async close(name?: string): Promise<void> {
    const definition = this.#definitions.get(name ?? this.#defaultName)
    await closeDefinition(definition)
  }

  /** Closes all connections. Definitions stay. Afterwards nothing of them keeps the process alive. */
  async closeAll(): Promise<void> {
    const outcomes = await Promise.allSettled([...this.#definitions.values()].map(closeDefinition))
    const failures = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []))
    if (failures.length > 0) throw new AggregateError(failures, 'Not every connection was closed')
  }

  /** For `await using`, where the runtime has it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.closeAll()
  }

  #definition(name: string): Definition {
    const known = this.#definitions.get(name)
    if (known !== undefined) return known
    if (name !== DEFAULT_CONNECTION) {
      const near = nearest(name, this.names)
      const hint = near === undefined ? `defined are: ${this.names.join(', ') || 'none'}` : `did you mean [${near}]?`
      throw new ConfigurationError(`There is no connection [${name}]; ${hint}`)
    }
    const options = optionsFromEnvironment(this.#environment) ?? {
      kind: 'standalone',
      host: connectionDefaults.host,
      port: connectionDefaults.port,
    }
    const definition: Definition = { options, opening: null }
    this.#definitions.set(name, definition)
    return definition
  }
}

const checkName = (name: string): void => {
  if (typeof name !== 'string' || name.trim() === '') {
    throw new ConfigurationError(`The name of a connection is ${quote(name)}, expected a text that is not blank`)
  }
}

async function closeDefinition(definition: Definition | undefined): Promise<void> {
  const opening = definition?.opening
  if (definition === undefined || opening == null) return
  definition.opening = null
  const connection = await opening.catch(() => null)
  await connection?.close()
}
