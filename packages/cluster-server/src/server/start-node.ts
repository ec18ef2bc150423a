import { Node } from './node.js'
import type { ListeningAddress, NodeOptions } from './node-options.js'

/** How a lone node is started. */
export interface StartNodeOptions extends Pick<NodeOptions, 'settings' | 'log'> {
  /** Default `127.0.0.1`. */
  readonly host?: string
  /** Default 0: a free port. */
  readonly port?: number
  /** The password that clients have to send; none by default. */
  readonly password?: string
}

/** A node that listens. */
export interface RunningNode extends ListeningAddress {
  /** Answers what is in flight and closes everything; may be called again. */
  close(): Promise<void>
}

/**
 * Starts one Redis-compatible server in this thread.
 * @returns its address, and `close`.
 * @throws SettingError for a setting that is not known or refuses its value; the system's error when the address is taken.
 * @example
 * const node = await startNode({ port: 0 })
 * // … connect any Redis client to `${node.host}:${node.port}`
 * await node.close()
 */
export const startNode = async (options: StartNodeOptions = {}): Promise<RunningNode> => {
  const { host, port, password, settings, ...rest } = options
  const node = new Node({
    ...rest,
    settings: {
      port: port ?? 0,
      ...settings,
      ...(host !== undefined && { bind: host }),
      ...(password !== undefined && { requirepass: password }),
    },
  })
  const address = await node.listen()
  return { ...address, close: () => node.close() }
}
