import type { Reply } from '../../resp/reply.js'
import { DebugSession } from '../../scripting/debugger/debug-session.js'
import { wireError } from '../../wire-errors.js'
import type { ClientState, CommandContext } from '../context.js'

const NOT_POSSIBLE = wireError('ERR This connection cannot be used for debugging')

const sessions = new WeakMap<ClientState, DebugSession>()

/** SCRIPT DEBUG SYNC: from now on the client debugs its scripts. */
export const debugScripts = ({ server, client }: CommandContext): void => {
  sessions.set(client, new DebugSession(() => server.config.number('busy-reply-threshold') || 5000))
  server.debugging.followsScripts = true
}

/** SCRIPT DEBUG NO */
export const runScriptsFreely = ({ client }: CommandContext): void => {
  sessions.delete(client)
}

/** The debugger of the client; undefined when it has none, as nearly always. */
export const debuggerOf = ({ server, client }: CommandContext): DebugSession | undefined =>
  server.debugging.followsScripts ? sessions.get(client) : undefined

/** Runs a script while the client says how to go on; then the connection ends. Nothing else is served meanwhile. */
export const debugScript = (
  { server, client }: CommandContext,
  session: DebugSession,
  source: string,
  run: () => Reply,
) => {
  const dialogue = client.link?.openDialogue() ?? null
  if (dialogue === null) return NOT_POSSIBLE
  server.log('warning', 'A script is being debugged; the server waits until that is over')
  session.begin(dialogue, source)
  try {
    return run()
  } finally {
    session.end()
    server.log('warning', 'The debugging of the script is over')
    client.closeAfterReply()
  }
}
