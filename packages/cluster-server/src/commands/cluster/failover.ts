import { OK } from '../../resp/reply.js'
import { SYNTAX_ERROR, wireError } from '../../wire-errors.js'
import { optionAt } from '../arguments.js'
import type { FailoverKind } from '../cluster-control.js'
import { type Command, defineCommand } from '../command.js'
import { unknownForm } from '../unknown-form.js'
import { requireCluster } from './require-cluster.js'

const NOT_A_REPLICA = wireError('ERR You should send CLUSTER FAILOVER to a replica')
const PRIMARY_UNKNOWN = wireError("ERR I'm a replica but my master is unknown to me")
const PRIMARY_DOWN = wireError('ERR Master is down or failed, please use CLUSTER FAILOVER FORCE')

const KINDS: ReadonlyMap<string, FailoverKind> = new Map([
  ['', 'agreed'],
  ['FORCE', 'force'],
  ['TAKEOVER', 'takeover'],
])

const LOG_LINES: Readonly<Record<FailoverKind, string>> = {
  agreed: 'A manual failover was asked for: the primary is told',
  force: 'A forced failover was asked for: the primary is not asked',
  takeover: 'A takeover was asked for: neither the primary nor the others are asked',
}

/** CLUSTER FAILOVER. Source of the rules: `clusterCommand` in cluster.c of Redis 7.0.15. */
export const clusterFailover: Command = defineCommand({
  name: 'failover',
  arity: -2,
  flags: ['admin', 'stale', 'no_async_loading'],
  categories: [],
  group: 'cluster',
  since: '3.0.0',
  complexity: 'O(1)',
  summary: 'Makes a replica take the place of its primary',
  arguments: [
    {
      name: 'options',
      type: 'oneof',
      optional: true,
      arguments: [
        { name: 'force', type: 'pure-token', token: 'FORCE' },
        { name: 'takeover', type: 'pure-token', token: 'TAKEOVER' },
      ],
    },
  ],
  run: (context, argv) => {
    const cluster = requireCluster(context)
    if (argv.length > 3) throw unknownForm(argv)
    const kind = argv[2] === '' ? undefined : KINDS.get(optionAt(argv, 2))
    if (kind === undefined) throw SYNTAX_ERROR
    const { myself } = cluster.table
    if (myself.isPrimary) throw NOT_A_REPLICA
    const { primary } = myself
    if (primary === null) throw PRIMARY_UNKNOWN
    if (kind === 'agreed' && (primary.hasFailed || !primary.isConnected)) throw PRIMARY_DOWN
    context.server.log('notice', LOG_LINES[kind])
    cluster.resetFailover()
    cluster.startFailover(kind)
    return OK
  },
})
