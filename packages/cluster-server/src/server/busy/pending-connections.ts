import { readFileSync } from 'node:fs'

const LISTENING = '0A'
const TABLES = ['/proc/net/tcp', '/proc/net/tcp6']

/**
 * Whether connections wait to be accepted on a port. The kernel's tables show it, where there are such; elsewhere it
 * cannot be known, and the answer is yes.
 */
export const hasPendingConnections = (port: number): boolean => {
  const wanted = port.toString(16).toUpperCase().padStart(4, '0')
  let isKnown = false
  for (const table of TABLES) {
    let text: string
    try {
      text = readFileSync(table, 'latin1')
    } catch {
      continue
    }
    isKnown = true
    for (const line of text.split('\n')) {
      const [, local = '', , state, queues = ''] = line.trim().split(/\s+/)
      // Of a listening socket, the receive queue counts connections.
      if (state === LISTENING && local.endsWith(`:${wanted}`) && !queues.endsWith(':00000000')) return true
    }
  }
  return !isKnown
}
