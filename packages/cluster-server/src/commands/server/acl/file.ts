import { readUserFileText, writeUserFileText } from '../../../persistence/user-file-storage.js'
import { OK } from '../../../resp/reply.js'
import { wireError } from '../../../wire-errors.js'
import { type Command, defineCommand } from '../../command.js'
import type { ServerState } from '../../context.js'
import { disconnectUsers } from './disconnect-users.js'

const NO_FILE = wireError(
  'ERR This Redis instance is not configured to use an ACL file. You may want to specify users via the ACL SETUSER command and then issue a CONFIG REWRITE (assuming you have a Redis configuration file set) in order to store users in the Redis configuration.',
)
const NOT_SAVED = wireError(
  'ERR There was an error trying to save the ACLs. Please check the server logs for more information',
)

/** The path of the file. @throws an error when there is none */
const fileOf = (server: ServerState): string => {
  const file = server.config.text('aclfile')
  if (file === '') throw NO_FILE
  return file
}

const load = defineCommand({
  name: 'load',
  arity: 2,
  flags: ['admin', 'noscript', 'loading', 'stale'],
  categories: [],
  group: 'server',
  since: '6.0.0',
  complexity: 'O(N). Where N is the number of users.',
  summary: 'Replaces the users by those of the file',
  run(context) {
    const file = fileOf(context.server)
    const read = readUserFileText(file)
    if ('failure' in read) throw wireError(`ERR Error loading ACLs, opening file '${file}': ${read.failure}`)
    const outcome = context.server.access.users.load(read.text, file)
    if ('errors' in outcome) throw wireError(`ERR ${outcome.errors.replace(/[\r\n]/g, ' ')}`)
    disconnectUsers(context, outcome.removed)
    return OK
  },
})

const save = defineCommand({
  name: 'save',
  arity: 2,
  flags: ['admin', 'noscript', 'loading', 'stale'],
  categories: [],
  group: 'server',
  since: '6.0.0',
  complexity: 'O(N). Where N is the number of users.',
  summary: 'Writes the users to the file',
  run({ server, nowMs }) {
    const file = fileOf(server)
    const text = server.access.users
      .describe()
      .map((line) => `${line}\n`)
      .join('')
    const failure = writeUserFileText(file, text, nowMs)
    if (failure === null) return OK
    server.log('warning', failure)
    throw NOT_SAVED
  },
})

/** The subcommands of ACL about `aclfile`. */
export const fileCommands: readonly Command[] = [load, save]
