import { describe, test } from '@jest/globals'
import type { ServerProgram } from '../../support/redis-server.js'
import { unavailableReason } from '../../support/targets.js'

const OURS = 'activeredis-server'
const REAL = 'redis-server'

/** Which program each node runs: three primaries, then the replica of each. */
const clusterPrograms = {
  typescript: [OURS, OURS, OURS, OURS, OURS, OURS],
  // Replicas of the other program take over from primaries of both.
  mixed: [REAL, OURS, REAL, OURS, REAL, OURS],
  real: [REAL, REAL, REAL, REAL, REAL, REAL],
} as const satisfies Record<string, readonly ServerProgram[]>

/** What a cluster under test is made of. */
export type ClusterKind = keyof typeof clusterPrograms

const isClusterKind = (name: string): name is ClusterKind => Object.hasOwn(clusterPrograms, name)

/** The kinds that CLUSTER_KINDS asks for; undefined when it does not. */
const askedKinds = process.env.CLUSTER_KINDS?.split(',').filter(isClusterKind)

/** For people. */
const titles = {
  typescript: 'a cluster of activeredis-server',
  mixed: 'a cluster of redis-server and activeredis-server',
  real: 'a cluster of redis-server',
} as const satisfies Record<ClusterKind, string>

export const isFull = process.env.FULL === '1'

/** The kinds of this run. Clusters of redis-server alone show that the tests are right: in the long form, or when asked for. */
export const clusterKinds: readonly ClusterKind[] =
  askedKinds ?? (isFull ? ['typescript', 'mixed', 'real'] : ['typescript', 'mixed'])

/** One kind, of all three in turn, for suites that would take too long on each; all of them in the long form. */
export const clusterKindsInTurn = (turn: number): readonly ClusterKind[] =>
  askedKinds ??
  (isFull ? ['typescript', 'mixed', 'real'] : [(['typescript', 'mixed', 'real'] as const)[turn % 3] ?? 'real'])

/** A cluster that a suite starts: its kind and the programs of its nodes, primaries first. */
export interface ClusterPlan {
  readonly kind: ClusterKind
  readonly programs: readonly ServerProgram[]
}

const missing = (kind: ClusterKind, needsRedis: boolean): string | undefined =>
  (kind === 'real' ? undefined : unavailableReason('embedded-cluster')) ??
  (kind !== 'typescript' || needsRedis ? unavailableReason('redis-cluster') : undefined)

/**
 * Runs one body of tests on a cluster of each kind. A kind that cannot run here appears as a skipped test with the reason;
 * with REQUIRE_REDIS=1, as a failing one.
 * @param options.needsRedis Whether the body uses redis-server or redis-cli itself.
 * @param options.kinds Default: `clusterKinds`.
 */
export function describeClusters(
  body: (plan: ClusterPlan) => void,
  {
    needsRedis = false,
    kinds = clusterKinds,
  }: { readonly needsRedis?: boolean; readonly kinds?: readonly ClusterKind[] } = {},
): void {
  for (const kind of kinds) {
    describe(`on ${titles[kind]}`, () => {
      const reason = missing(kind, needsRedis)
      if (reason === undefined) {
        body({ kind, programs: clusterPrograms[kind] })
      } else if (process.env.REQUIRE_REDIS === '1') {
        test('what it needs is available', () => {
          throw new Error(`${reason}, and REQUIRE_REDIS=1 asks for it`)
        })
      } else {
        test.skip(`skipped: ${reason}`, () => {})
      }
    })
  }
}
