import type { Effect } from '../commands/replication-state.js'
import { WireError } from '../wire-errors.js'
import type { ReplicationHost } from './replication-host.js'

/** Applies what a primary sent. @returns false when the copies differ, and that is not tolerated */
export const applyEffects = (host: ReplicationHost, effects: readonly Effect[]): boolean => {
  let isSame = true
  for (const [at, answer] of host.applyEffects(effects).entries()) {
    if (answer instanceof WireError && !tolerates(host, answer, effects[at]?.argv[0] ?? '')) isSame = false
  }
  return isSame
}

/** Source of the words: `afterErrorReply` of Redis 7.0.15. */
const tolerates = (host: ReplicationHost, error: WireError, command: string): boolean => {
  const text = error.code === 'ERR' ? error.message.slice(4) : `-${error.message}`
  const name = text.startsWith('unknown command') ? '<unknown>' : command.toLowerCase()
  const line = `== CRITICAL == This replica is sending an error to its master: '${text}' after processing the command '${name}'`
  host.log('warning', line)
  host.count('unexpectedError')
  // A node must not end the program that it may be a part of, as Redis would.
  return host.config.text('propagation-error-behavior') === 'ignore' || !host.config.flag('replica-read-only')
}
