import type { Connection } from '../../src/connections/connection.js'
import { openConnection } from '../../src/connections/open-connection.js'
import type { Target } from './targets.js'

/** Options that hold for every kind of server. */
export interface TargetConnectionOptions {
  readonly retryForMs?: number
  readonly requestTimeoutMs?: number
}

/** The target's URL with the suite's key prefix and further options. */
export const targetUrl = (target: Target, options: TargetConnectionOptions = {}): string => {
  const query = new URLSearchParams({ keyPrefix: target.keyPrefix })
  for (const [name, value] of Object.entries(options)) query.set(name, String(value))
  return `${target.url}?${query}`
}

/** A connection to a target under the suite's key prefix; the caller closes it. */
export const openTarget = (target: Target, options: TargetConnectionOptions = {}): Promise<Connection> =>
  openConnection(target.kind, targetUrl(target, options))
