import { checkConnectionOptions } from './check-connection-options.js'
import { ClusterConnection } from './cluster-connection.js'
import type { Connection } from './connection.js'
import type { ConnectionOptions } from './connection-options.js'
import { parseConnectionUrl } from './connection-url.js'
import { EmbeddedConnection } from './embedded-connection.js'
import { StandaloneConnection } from './standalone-connection.js'

/** Options, or the same as a URL: `redis://127.0.0.1:6379/0?keyPrefix=app:`. */
export type ConnectionSource = ConnectionOptions | string

/** Checked options of either form. @throws ConfigurationError for what cannot work; no socket is opened. */
export const resolveOptions = (name: string, source: ConnectionSource): ConnectionOptions => {
  if (typeof source === 'string') return parseConnectionUrl(source, name)
  checkConnectionOptions(name, source)
  return source
}

/**
 * Opens a connection; its caller closes it. Programs that hold several use a `ConnectionManager`.
 * @throws ConfigurationError before anything is opened; ConnectionError when the server cannot be reached.
 */
export async function openConnection(name: string, source: ConnectionSource): Promise<Connection> {
  const options = resolveOptions(name, source)
  switch (options.kind) {
    case 'standalone':
      return StandaloneConnection.open(name, options)
    case 'cluster':
      return ClusterConnection.open(name, options)
    case 'embedded':
      return EmbeddedConnection.open(name, options)
    default:
      return options satisfies never
  }
}
