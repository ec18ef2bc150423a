import { OK, type Reply, Status } from '../../resp/reply.js'
import { NO_SUCH_KEY, wireError } from '../../wire-errors.js'
import { argument } from '../arguments.js'
import { defineCommand } from '../command.js'
import type { CommandContext } from '../context.js'
import { encodingOf } from '../generic/object.js'
import { estimateBytes } from '../memory-estimate.js'

/** Stops the entire thread, as DEBUG SLEEP is meant to. */
const sleep = (seconds: number): void => {
  if (seconds > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, seconds * 1000)
}

const describeObject = ({ db, nowMs }: CommandContext, key: string): Reply => {
  const value = db.peek(key)
  if (value === undefined) throw NO_SUCH_KEY
  const idle = Math.max(0, Math.floor(nowMs / 1000) - (db.accessedAt(key) ?? 0))
  return new Status(
    `Value at:0x0 refcount:1 encoding:${encodingOf(value, db.textForm(key))} serializedlength:${estimateBytes(key, value)} lru:0 lru_seconds_idle:${idle}`,
  )
}

const HELP = [
  'DEBUG <subcommand> [<arg>]. Subcommands are:',
  ...['OBJECT <key>', 'SLEEP <seconds>', 'SET-ACTIVE-EXPIRE <0|1>', 'HELP'],
  'QUICKLIST-PACKED-THRESHOLD <size>, JMAP and the like change nothing here.',
]

export const debug = defineCommand({
  name: 'debug',
  arity: -2,
  flags: ['admin', 'noscript', 'loading', 'stale'],
  categories: [],
  group: 'server',
  since: '1.0.0',
  complexity: 'Depends on the subcommand.',
  summary: 'What test tools need',
  docFlags: ['syscmd'],
  traits: ['forDebugging'],
  run(context, argv): Reply {
    const sub = argument(argv, 1).toLowerCase()
    if (sub === 'help' && argv.length === 2) return HELP.map((line) => new Status(line))
    if (argv.length === 3) {
      const value = argument(argv, 2)
      switch (sub) {
        case 'object':
          return describeObject(context, value)
        case 'sleep':
          sleep(Number.parseFloat(value) || 0)
          return OK
        case 'set-active-expire':
          context.server.setActiveExpiry(value !== '0')
          return OK
        case 'quicklist-packed-threshold':
        case 'set-disable-deny-scripts':
        case 'replicate':
          return OK
      }
    }
    if (sub === 'reload' || sub === 'loadaof') throw wireError('ERR This server keeps its data in memory only')
    throw wireError(
      `ERR unknown subcommand or wrong number of arguments for '${argument(argv, 1).slice(0, 128)}'. Try DEBUG HELP.`,
    )
  },
})
