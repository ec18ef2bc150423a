import { OK, type Reply } from '../../resp/reply.js'
import { wireError } from '../../wire-errors.js'
import { argument, integerArgument, optionAt } from '../arguments.js'
import { requireNode } from '../cluster/require-cluster.js'
import type { CommandContext } from '../context.js'
import { unknownForm } from '../unknown-form.js'

const NO_CLUSTER = wireError('ERR Debug option only available for cluster mode enabled setup!')
const DIRECTIONS = ['to', 'from', 'all'] as const

/** DEBUG DROP-CLUSTER-PACKET-FILTER: passes over what others send of one type; -1 for none. */
export const dropPackets = ({ server }: CommandContext, argv: readonly string[]): Reply => {
  const type = integerArgument(argument(argv, 2))
  if (server.cluster !== null) server.cluster.dropsMessageType = type < 0 ? null : type
  return OK
}

/** DEBUG CLUSTERLINK KILL: closes connections of the bus, which are made again. */
export const closeClusterLinks = ({ server }: CommandContext, argv: readonly string[]): Reply => {
  if (optionAt(argv, 2) !== 'KILL') throw unknownForm(argv)
  const { cluster } = server
  if (cluster === null) throw NO_CLUSTER
  const node = requireNode(cluster, argument(argv, 4))
  const direction = DIRECTIONS.find((each) => each === argument(argv, 3).toLowerCase())
  if (direction === undefined) throw wireError(`ERR Unknown direction ${argument(argv, 3)}`)
  cluster.closeLinks(node, direction)
  return OK
}
