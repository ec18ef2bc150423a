import { ConfigurationError } from '../errors/connection-errors.js'
import { quote } from '../errors/quote.js'
import { checkConnectionOptions } from './check-connection-options.js'
import { type ConnectionOptions, connectionDefaults } from './connection-options.js'
import { parseConnectionUrl } from './connection-url.js'
import { parseAddress } from './slot-map.js'

/** Environment variables, as `process.env` has them. */
export type Environment = Readonly<Record<string, string | undefined>>

/**
 * Options from the environment; undefined when it says nothing. The first that is set wins, empty counts as unset:
 *
 * 1. `ACTIVEREDIS_URL`, a connection URL; 2. `REDIS_URL`, the same;
 * 3. `REDIS_CLUSTER_NODES`, `host:port,host:port`; 4. `REDIS_HOST`, with `REDIS_PORT` and `REDIS_DB`.
 *
 * With 3 and 4 also `REDIS_USERNAME`, `REDIS_PASSWORD` and `REDIS_TLS` (`true` or `false`).
 * `REDIS_KEY_PREFIX` goes before all keys unless a URL names another prefix.
 * @throws ConfigurationError that names the variable and its value.
 */
export function optionsFromEnvironment(environment: Environment): ConnectionOptions | undefined {
  const read = (name: string): string | undefined => environment[name] || undefined
  const options = fromUrl(read) ?? fromParts(read)
  if (options === undefined) return undefined
  const keyPrefix = options.keyPrefix ?? read('REDIS_KEY_PREFIX')
  const complete = keyPrefix === undefined ? options : { ...options, keyPrefix }
  checkConnectionOptions('default', complete)
  return complete
}

type Read = (name: string) => string | undefined

const fromUrl = (read: Read): ConnectionOptions | undefined => {
  for (const name of ['ACTIVEREDIS_URL', 'REDIS_URL']) {
    const url = read(name)
    if (url === undefined) continue
    try {
      return parseConnectionUrl(url)
    } catch (error) {
      if (error instanceof ConfigurationError)
        throw new ConfigurationError(`${name}: ${error.message}`, { cause: error })
      throw error
    }
  }
  return undefined
}

const fromParts = (read: Read): ConnectionOptions | undefined => {
  const number = (name: string): number | undefined => {
    const value = read(name)
    if (value === undefined) return undefined
    if (!/^\d+$/.test(value)) throw new ConfigurationError(`${name} is ${quote(value)}, expected a whole number`)
    return Number(value)
  }
  const nodes = read('REDIS_CLUSTER_NODES')
  const host = read('REDIS_HOST')
  if (nodes === undefined && host === undefined) return undefined
  const tls = read('REDIS_TLS')
  if (tls !== undefined && tls !== 'true' && tls !== 'false') {
    throw new ConfigurationError(`REDIS_TLS is ${quote(tls)}, expected true or false`)
  }
  const username = read('REDIS_USERNAME')
  const password = read('REDIS_PASSWORD')
  const security = {
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(tls === undefined ? {} : { tls: tls === 'true' }),
  }
  if (nodes === undefined) {
    return {
      kind: 'standalone',
      host: host ?? connectionDefaults.host,
      port: number('REDIS_PORT') ?? connectionDefaults.port,
      database: number('REDIS_DB') ?? connectionDefaults.database,
      ...security,
    }
  }
  return {
    kind: 'cluster',
    nodes: nodes.split(',').map((text) => {
      const address = parseAddress(text.trim())
      if (address === undefined)
        throw new ConfigurationError(`REDIS_CLUSTER_NODES has ${quote(text)}, expected host:port`)
      return address
    }),
    ...security,
  }
}
