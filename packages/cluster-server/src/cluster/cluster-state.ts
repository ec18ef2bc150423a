import { SLOT_COUNT } from '../slot.js'
import type { ClusterState, Topology } from './topology.js'

/** The settings of redis.conf that decide when a cluster counts as down. */
export interface CoverageRules {
  /** `cluster-require-full-coverage`; Redis' default is true. */
  readonly requireFullCoverage: boolean
  /** `cluster-allow-reads-when-down`; Redis' default is false. */
  readonly allowReadsWhenDown: boolean
  /** `cluster-allow-pubsubshard-when-down`; Redis' default is true. */
  readonly allowShardChannelsWhenDown: boolean
}

/** The defaults of Redis 7.0. */
export const defaultCoverageRules: CoverageRules = {
  requireFullCoverage: true,
  allowReadsWhenDown: false,
  allowShardChannelsWhenDown: true,
}

/** The rules that a configuration asks for. */
export const coverageRulesOf = (config: { flag(name: string): boolean }): CoverageRules => ({
  requireFullCoverage: config.flag('cluster-require-full-coverage'),
  allowReadsWhenDown: config.flag('cluster-allow-reads-when-down'),
  allowShardChannelsWhenDown: config.flag('cluster-allow-pubsubshard-when-down'),
})

const NONE: ReadonlyMap<number, string> = new Map()

/**
 * What the node `myId` makes of a topology. As in Redis, the cluster is down while a slot is without an owner that
 * answers (if full coverage is required), or unless most primaries with slots answer.
 * @throws RangeError when `myId` is not in the topology
 */
export const createClusterState = (
  myId: string,
  topology: Topology,
  rules: CoverageRules = defaultCoverageRules,
  moving: Pick<ClusterState, 'importing' | 'migrating'> = { importing: NONE, migrating: NONE },
): ClusterState => {
  if (!topology.nodes.has(myId)) throw new RangeError(`this node, ${myId}, is not in the topology that it was given`)
  const covered = !rules.requireFullCoverage || isCovered(topology)
  return {
    myId,
    topology,
    importing: moving.importing,
    migrating: moving.migrating,
    health: covered && majorityAnswers(topology) ? 'ok' : 'fail',
    allowReadsWhenDown: rules.allowReadsWhenDown,
    allowShardChannelsWhenDown: rules.allowShardChannelsWhenDown,
  }
}

const isCovered = (topology: Topology): boolean => {
  for (let slot = 0; slot < SLOT_COUNT; slot++) {
    const owner = topology.ownerOf(slot)
    if (owner === undefined || owner.failed) return false
  }
  return true
}

const majorityAnswers = (topology: Topology): boolean => {
  const voters = [...topology.nodes.values()].filter((node) => topology.rangesOf(node.id).length > 0)
  const answering = voters.filter((node) => !node.failed).length
  return answering >= Math.floor(voters.length / 2) + 1
}
