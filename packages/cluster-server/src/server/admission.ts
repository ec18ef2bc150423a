import type { ConfigReader } from '../commands/settings.js'

const TOO_MANY_CLIENTS = '-ERR max number of clients reached\r\n'
const TOO_MANY_IN_CLUSTER = '-ERR max number of clients + cluster connections reached\r\n'
const PROTECTED =
  "-DENIED Redis is running in protected mode because protected mode is enabled and no password is set for the default user. In this mode connections are only accepted from the loopback interface. If you want to connect from external computers to Redis you may adopt one of the following solutions: 1) Just disable protected mode sending the command 'CONFIG SET protected-mode no' from the loopback interface by connecting to Redis from the same host the server is running, however MAKE SURE Redis is not publicly accessible from internet if you do so. Use CONFIG REWRITE to make this change permanent. 2) Alternatively you can just disable the protected mode by editing the Redis configuration file, and setting the protected mode option to 'no', and then restarting the server. 3) If you started the server manually just for testing, restart it with the '--protected-mode no' option. 4) Setup a an authentication password for the default user. NOTE: You only need to do one of the above things in order for the server to start accepting connections from the outside.\r\n"

/** Who wants to connect. */
export interface Newcomer {
  /** Undefined for a Unix socket that this machine alone can reach, with `isLocal`. */
  readonly remoteAddress?: string | undefined
  readonly isLocal?: boolean
  /** Whether the default user needs no password. */
  readonly needsNoPassword: boolean
}

/** Why a connection cannot be taken, as the line that it is sent before it is closed; null when it can. */
export const admissionRefusal = (config: ConfigReader, connected: number, newcomer: Newcomer): string | null => {
  if (connected >= config.number('maxclients')) {
    return config.flag('cluster-enabled') ? TOO_MANY_IN_CLUSTER : TOO_MANY_CLIENTS
  }
  const { remoteAddress, isLocal, needsNoPassword } = newcomer
  const isOpen = needsNoPassword && config.flag('protected-mode')
  return isOpen && isLocal !== true && !isLoopback(remoteAddress) ? PROTECTED : null
}

/** `127.0.0.1:6379`, `[::1]:6379` */
export const endpointText = (host = '?', port = 0): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`

const isLoopback = (host = ''): boolean => host === '::1' || /^(::ffff:)?127\./.test(host)
