import { OK, type Reply, Status } from '../../resp/reply.js'
import { NO_SUCH_KEY, type WireError, wireError } from '../../wire-errors.js'
import { argument, boundedArgument, integerArgument, optionAt } from '../arguments.js'
import { defineCommand } from '../command.js'
import type { CommandContext, CrashSignal } from '../context.js'
import type { DebugSwitches } from '../debug-switches.js'
import { encodingOf } from '../generic/object.js'
import { parseMemory } from '../memory-text.js'
import { closeClusterLinks, dropPackets } from './debug-cluster.js'
import { digest, digestValues, loadLog, reload, skipChecksums } from './debug-files.js'
import { protocolSample } from './debug-protocol.js'
import { databaseTables, printStructure, valueTable } from './debug-structures.js'

const NOT_POSITIVE = wireError('ERR value is out of range, must be positive')
const BAD_THRESHOLD = wireError('ERR argument must be a memory value bigger than 1 and smaller than 4gb')
const MAX_VALUE_BYTES = 512 * 1024 * 1024

/** Nobody is answered. */
const crash = ({ server }: CommandContext, signal: CrashSignal, message: string | null): Reply => {
  if (message !== null) server.log('warning', message)
  server.crash(signal)
  return OK
}

/** Stops the entire thread, as DEBUG SLEEP is meant to. */
const sleep = (seconds: number): void => {
  if (seconds > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, seconds * 1000)
}

const describeObject = ({ db, nowMs }: CommandContext, key: string): Reply => {
  // An expired key that nobody has removed yet is there for it.
  const { expiryMode } = db
  db.expiryMode = 'ignore'
  const entry = db.entry(key)
  db.expiryMode = expiryMode
  if (entry === undefined) throw NO_SUCH_KEY
  const { value } = entry
  const lru = Math.floor(nowMs / 1000) & 0xffffff
  const idle = db.access.idleSeconds(entry.access, nowMs)
  return new Status(
    `Value at:0x0 refcount:1 encoding:${encodingOf(value, db.textForm(key))} serializedlength:${db.bytesOf(key)} lru:${lru} lru_seconds_idle:${idle}`,
  )
}

type Subcommand = (context: CommandContext, argv: readonly string[]) => Reply

/** Whole numbers as C reads them: 0 for anything else. */
const asNumber = (text: string): number => Number.parseInt(text, 10) || 0

const changeSwitch =
  (change: (switches: DebugSwitches, value: string) => void): Subcommand =>
  ({ server }, argv) => {
    change(server.debugging, argument(argv, 2))
    return OK
  }

const replyBuffer: Subcommand = ({ server }, argv) => {
  const value = argument(argv, 3)
  const word = value.toLowerCase()
  switch (optionAt(argv, 2)) {
    case 'PEAK-RESET-TIME':
      server.debugging.replyPeakResetMs = word === 'never' ? -1 : word === 'reset' ? 5000 : integerArgument(value)
      return OK
    case 'RESIZING':
      server.debugging.replyBuffersResized = asNumber(value) !== 0
      return OK
    default:
      throw unknownSubcommand(argv)
  }
}

/** Keys `<prefix>:0` and on with values `value:0`, cut or filled up with zero bytes to a size; keys that exist stay. */
const populate: Subcommand = (context, argv) => {
  const { db } = context
  context.propagateNothing()
  const count = boundedArgument(argument(argv, 2), 0, Number.MAX_SAFE_INTEGER, NOT_POSITIVE)
  const prefix = argv[3] ?? 'key'
  const sizeBytes = argv[4] === undefined ? 0 : boundedArgument(argv[4], 0, MAX_VALUE_BYTES, NOT_POSITIVE)
  for (let i = 0; i < count; i++) {
    const key = `${prefix}:${i}`
    if (db.has(key)) continue
    const value = `value:${i}`
    db.set(key, sizeBytes === 0 ? value : value.slice(0, sizeBytes).padEnd(sizeBytes, '\0'))
    db.changed(key, 'populate')
  }
  return OK
}

const packedThreshold: Subcommand = (_context, argv) => {
  const bytes = parseMemory(argument(argv, 2))
  if (bytes === undefined || bytes > 2n ** 32n - 2n ** 20n) throw BAD_THRESHOLD
  return OK
}

/** By name, and by the number of words that each may have. */
const SUBCOMMANDS: ReadonlyMap<string, readonly [least: number, most: number, run: Subcommand]> = new Map<
  string,
  readonly [number, number, Subcommand]
>([
  ['help', [2, 2, () => HELP.map((line) => new Status(line))]],
  [
    'change-repl-id',
    [
      2,
      2,
      ({ server }) => {
        server.log('notice', 'Changing replication IDs after receiving change-repl-id')
        server.replication.changeReplicationId()
        return OK
      },
    ],
  ],
  ['clusterlink', [5, 5, closeClusterLinks]],
  ['config-rewrite-force-all', [2, 2, ({ server }) => server.settings.rewrite(true) ?? OK]],
  ['digest', [2, 2, ({ server }) => digest(server)]],
  ['digest-value', [2, Number.MAX_SAFE_INTEGER, digestValues]],
  ['drop-cluster-packet-filter', [3, 3, dropPackets]],
  ['error', [3, 3, (_context, argv) => errorReply(argument(argv, 2))]],
  ['htstats', [3, 3, databaseTables]],
  ['htstats-key', [3, 3, valueTable]],
  ['leak', [3, 3, () => OK]],
  ['listpack', [3, 3, printStructure('listpack')]],
  ['loadaof', [2, 2, loadLog]],
  ['log', [3, 3, (context, argv) => writeLog(context, argument(argv, 2))]],
  ['object', [3, 3, (context, argv) => describeObject(context, argument(argv, 2))]],
  [
    'pause-cron',
    [
      3,
      3,
      changeSwitch((switches, value) => {
        switches.cronPaused = asNumber(value) !== 0
      }),
    ],
  ],
  ['populate', [3, 5, populate]],
  ['protocol', [3, 3, ({ client }, argv) => protocolSample(client, argument(argv, 2))]],
  ['quicklist', [3, 4, printStructure('quicklist')]],
  ['quicklist-packed-threshold', [3, 3, packedThreshold]],
  ['reload', [2, Number.MAX_SAFE_INTEGER, reload]],
  [
    'replicate',
    [
      3,
      Number.MAX_SAFE_INTEGER,
      (context, argv) => {
        context.propagate(...argv.slice(2))
        return OK
      },
    ],
  ],
  ['replybuffer', [4, 4, replyBuffer]],
  [
    'set-active-expire',
    [
      3,
      3,
      ({ server }, argv) => {
        server.setActiveExpiry(asNumber(argument(argv, 2)) !== 0)
        return OK
      },
    ],
  ],
  [
    'set-disable-deny-scripts',
    [
      3,
      3,
      changeSwitch((switches, value) => {
        switches.scriptsCallEverything = asNumber(value) !== 0
      }),
    ],
  ],
  ['assert', [2, 2, (context) => crash(context, 'SIGABRT', 'DEBUG ASSERT: an assertion that never holds')]],
  ['panic', [2, 2, (context) => crash(context, 'SIGABRT', 'DEBUG PANIC was called')]],
  ['segfault', [2, 2, (context) => crash(context, 'SIGSEGV', null)]],
  ['set-skip-checksum-validation', [3, 3, skipChecksums]],
  ['aof-flush-sleep', [3, 3, () => OK]],
  [
    'sleep',
    [
      3,
      3,
      (_context, argv) => {
        sleep(Number.parseFloat(argument(argv, 2)) || 0)
        return OK
      },
    ],
  ],
])

/** An error with the client's text, which the statistics pass over. */
const errorReply = (text: string): Reply => {
  const error = wireError(text)
  error.isCounted = true
  return error
}

const writeLog = ({ server }: CommandContext, text: string): Reply => {
  server.log('warning', `DEBUG LOG: ${text}`)
  return OK
}

const unknownSubcommand = (argv: readonly string[]): WireError =>
  wireError(
    `ERR unknown subcommand or wrong number of arguments for '${argument(argv, 1).slice(0, 128)}'. Try DEBUG HELP.`,
  )

const HELP = [
  'DEBUG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:',
  ...[
    'ASSERT',
    'CHANGE-REPL-ID',
    'CLUSTERLINK KILL (TO|FROM|ALL) <node-id>',
    'CONFIG-REWRITE-FORCE-ALL',
    'DIGEST',
    'DIGEST-VALUE <key> ...',
    'DROP-CLUSTER-PACKET-FILTER <packet-type>',
    'ERROR <string>',
    'LOG <message>',
    'OBJECT <key>',
    'PANIC',
    'PAUSE-CRON <0|1>',
  ],
  ...['POPULATE <count> [<prefix>] [<size>]', 'PROTOCOL <type>', 'QUICKLIST-PACKED-THRESHOLD <size>'],
  ...['RELOAD [NOSAVE] [NOFLUSH] [MERGE]', 'SEGFAULT', 'SET-SKIP-CHECKSUM-VALIDATION (0|1)'],
  ...['REPLYBUFFER (PEAK-RESET-TIME (NEVER|RESET|<time>) | RESIZING <0|1>)', 'SET-ACTIVE-EXPIRE (0|1)'],
  ...['SET-DISABLE-DENY-SCRIPTS (0|1)', 'SLEEP <seconds>', 'HELP'],
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
    const subcommand = SUBCOMMANDS.get(argument(argv, 1).toLowerCase())
    if (subcommand === undefined) throw unknownSubcommand(argv)
    const [least, most, run] = subcommand
    if (argv.length < least || argv.length > most) throw unknownSubcommand(argv)
    return run(context, argv)
  },
})
