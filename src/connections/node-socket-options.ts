import { readFile } from 'node:fs/promises'
import type { ConnectionOptions as TlsSocketOptions } from 'node:tls'
import { ConfigurationError } from '../errors/connection-errors.js'
import {
  type CommonConnectionOptions,
  connectionDefaults,
  type SecurityOptions,
  type TlsOptions,
} from './connection-options.js'
import type { NodeSocketOptions } from './node-client.js'

/** The options of a socket that do not depend on the node: credentials, encryption, time limits. */
export type SharedSocketOptions = Omit<NodeSocketOptions, 'host' | 'port' | 'db'>

/**
 * Translates our options to those of ioredis; reads certificate files.
 * @throws ConfigurationError when a file of the TLS options cannot be read.
 */
export async function nodeSocketOptions(
  name: string,
  options: CommonConnectionOptions & SecurityOptions,
): Promise<SharedSocketOptions> {
  const tls = options.tls === true ? {} : options.tls || undefined
  return {
    connectionName: `activeredis:${name.replace(/[^\x21-\x7e]/g, '_')}`,
    connectTimeout: options.connectTimeoutMs ?? connectionDefaults.connectTimeoutMs,
    socketTimeout: options.requestTimeoutMs ?? connectionDefaults.requestTimeoutMs,
    ...(options.username === undefined ? {} : { username: options.username }),
    ...(options.password === undefined ? {} : { password: options.password }),
    ...(tls === undefined ? {} : { tls: await tlsSocketOptions(name, tls) }),
  }
}

async function tlsSocketOptions(name: string, tls: TlsOptions): Promise<TlsSocketOptions> {
  const read = async (option: keyof TlsOptions, file: string | undefined): Promise<string | undefined> => {
    if (file === undefined) return undefined
    try {
      return await readFile(file, 'utf8')
    } catch (cause) {
      throw new ConfigurationError(`Connection [${name}]: option tls.${option} names '${file}', which cannot be read`, {
        cause,
      })
    }
  }
  const ca = tls.ca ?? (await read('caFile', tls.caFile))
  const cert = tls.cert ?? (await read('certFile', tls.certFile))
  const key = tls.key ?? (await read('keyFile', tls.keyFile))
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(tls.servername === undefined ? {} : { servername: tls.servername }),
    ...(tls.rejectUnauthorized === undefined ? {} : { rejectUnauthorized: tls.rejectUnauthorized }),
  }
}
