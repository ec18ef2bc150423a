import { OK, type Reply, Status } from '../../resp/reply.js'
import { SYNTAX_ERROR, wireError } from '../../wire-errors.js'
import { optionAt } from '../arguments.js'
import { defineCommand } from '../command.js'
import type { CommandContext } from '../context.js'

const IN_PROGRESS = wireError('ERR Background save already in progress')
const REWRITING = wireError(
  "ERR Another child process is active (AOF?): can't BGSAVE right now. Use BGSAVE SCHEDULE in order to schedule a BGSAVE whenever possible.",
)
const FAILED = wireError('ERR')
const STARTED = new Status('Background saving started')
const SCHEDULED = new Status('Background saving scheduled')

export const save = defineCommand({
  name: 'save',
  arity: 1,
  flags: ['no_async_loading', 'admin', 'noscript', 'no_multi'],
  categories: [],
  group: 'server',
  since: '1.0.0',
  complexity: 'O(N) where N is the number of keys',
  summary: 'Writes all data to the file, and answers when that is done',
  run({ server: { persistence } }) {
    if (persistence.isSaving) throw IN_PROGRESS
    return persistence.save() ? OK : FAILED
  },
})

export const bgsave = defineCommand({
  name: 'bgsave',
  arity: -1,
  flags: ['no_async_loading', 'admin', 'noscript'],
  categories: [],
  group: 'server',
  since: '1.0.0',
  complexity: 'O(1)',
  summary: 'Writes all data as they are now to the file while the server goes on working',
  arguments: [{ name: 'schedule', type: 'pure-token', token: 'SCHEDULE', optional: true, since: '3.2.2' }],
  run({ server: { persistence }, isInTransaction }, argv): Reply {
    if (argv.length > 2 || (argv.length === 2 && optionAt(argv, 1) !== 'SCHEDULE')) throw SYNTAX_ERROR
    if (persistence.isSaving) throw IN_PROGRESS
    const { isRewriting } = persistence.appendLog
    if (isInTransaction || (isRewriting && argv.length === 2)) {
      persistence.scheduleSave()
      return SCHEDULED
    }
    if (isRewriting) throw REWRITING
    return persistence.saveInBackground() ? STARTED : FAILED
  },
})

export const lastsave = defineCommand({
  name: 'lastsave',
  arity: 1,
  flags: ['loading', 'stale', 'fast'],
  categories: ['admin', 'dangerous'],
  tips: ['nondeterministic_output'],
  group: 'server',
  since: '1.0.0',
  complexity: 'O(1)',
  summary: 'Answers when the data were last saved, in Unix seconds',
  run: ({ server }: CommandContext) => server.persistence.lastSavedAt,
})
