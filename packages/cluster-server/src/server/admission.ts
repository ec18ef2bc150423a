import type { ConfigReader } from '../commands/settings.js'

const TOO_MANY_CLIENTS = '-ERR max number of clients reached\r\n'
const PROTECTED =
  '-DENIED This server is in protected mode: it has no password and takes connections from its own machine only. Set requirepass, or protected-mode no.\r\n'

/** Why a connection cannot be taken, as the line that it is sent before it is closed; null when it can. */
export const admissionRefusal = (config: ConfigReader, connected: number, remoteAddress?: string): string | null => {
  if (connected >= config.number('maxclients')) return TOO_MANY_CLIENTS
  const isOpen = config.text('requirepass') === '' && config.flag('protected-mode')
  return isOpen && !isLoopback(remoteAddress) ? PROTECTED : null
}

/** `127.0.0.1:6379`, `[::1]:6379` */
export const endpointText = (host = '?', port = 0): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`

const isLoopback = (host = ''): boolean => host === '::1' || /^(::ffff:)?127\./.test(host)
