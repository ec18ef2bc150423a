import type { Reply } from '../../resp/reply.js'
import { type Command, defineCommand } from '../command.js'
import type { ReplicationState } from '../replication-state.js'

const replicaRole = ({ primary }: ReplicationState): Reply =>
  primary === null
    ? null
    : ['slave', primary.host, primary.port, primary.state, primary.state === 'connected' ? primary.offset : -1]

const primaryRole = ({ offset, replicas }: ReplicationState): Reply => [
  'master',
  offset,
  replicas
    .filter((replica) => replica.state === 'online')
    .map((replica) => [replica.host, String(replica.port), String(replica.offset)]),
]

/** ROLE. */
export const role: Command = defineCommand({
  name: 'role',
  arity: 1,
  flags: ['noscript', 'loading', 'stale', 'fast'],
  categories: ['admin', 'dangerous'],
  group: 'server',
  since: '2.8.12',
  complexity: 'O(N) for N replicas',
  summary: 'Tells whether this node is a primary or a replica, and of whom',
  run: ({ server: { replication } }) =>
    replication.role === 'primary' ? primaryRole(replication) : replicaRole(replication),
})
