import { OK } from '../../resp/reply.js'
import { NO_SUCH_KEY } from '../../wire-errors.js'
import { argument } from '../arguments.js'
import { defineCommand, keyRange } from '../command.js'
import type { CommandContext } from '../context.js'

/** Moves value and deadline to another name in the same database; what was there is gone. */
const moveTo = ({ db }: CommandContext, from: string, to: string): void => {
  const value = db.get(from)
  if (value === undefined) return
  const deadline = db.deadline(from)
  const form = db.textForm(from)
  // In this order: what is there is not replaced, but deleted, which those who wait for the key hear of.
  db.delete(to)
  db.set(to, value, form)
  if (deadline !== undefined) db.setDeadline(to, deadline)
  db.delete(from)
  db.changed(from, 'rename_from')
  db.changed(to, 'rename_to')
}

export const rename = defineCommand({
  name: 'rename',
  arity: 3,
  flags: ['write'],
  keySpecs: [keyRange(['RW', 'access', 'delete'], 1), keyRange(['OW', 'update'], 2)],
  categories: ['keyspace'],
  group: 'generic',
  since: '1.0.0',
  complexity: 'O(1)',
  summary: 'Gives a key another name, over an existing one if need be',
  arguments: [
    { name: 'key', type: 'key', keySpecIndex: 0 },
    { name: 'newkey', type: 'key', keySpecIndex: 1 },
  ],
  run(context, argv) {
    const from = argument(argv, 1)
    const to = argument(argv, 2)
    if (!context.db.has(from)) throw NO_SUCH_KEY
    if (from !== to) moveTo(context, from, to)
    return OK
  },
})

export const renamenx = defineCommand({
  name: 'renamenx',
  arity: 3,
  flags: ['write', 'fast'],
  keySpecs: [keyRange(['RW', 'access', 'delete'], 1), keyRange(['OW', 'insert'], 2)],
  categories: ['keyspace'],
  group: 'generic',
  since: '1.0.0',
  complexity: 'O(1)',
  summary: 'Gives a key another name if that is free',
  arguments: [
    { name: 'key', type: 'key', keySpecIndex: 0 },
    { name: 'newkey', type: 'key', keySpecIndex: 1 },
  ],
  run(context, argv) {
    const from = argument(argv, 1)
    const to = argument(argv, 2)
    if (!context.db.has(from)) throw NO_SUCH_KEY
    if (from === to || context.db.has(to)) return 0
    moveTo(context, from, to)
    return 1
  },
})
