import { existsSync } from 'node:fs'
import { imageProblem } from './container-engine.js'
import { redisServerVersion } from './redis-server.js'
import { containerImages, containerKinds, type TargetKind } from './target-kind.js'

/** What can run here. */
export interface TargetAvailability {
  /** Of the redis-server on the path; null when there is none. */
  readonly version: string | null
  /** For each kind that cannot run, why. */
  readonly unavailable: Readonly<Partial<Record<TargetKind, string>>>
}

const EMBEDDED_BUILD = new URL('../../packages/cluster-server/dist/index.js', import.meta.url)

/** Looks for the programs, builds and images that the targets need. */
export async function targetAvailability(options: { readonly containers: boolean }): Promise<TargetAvailability> {
  const version = await redisServerVersion()
  const unavailable: Partial<Record<TargetKind, string>> = {}
  if (version === null) {
    unavailable['redis-server'] = 'redis-server is not on the path'
    unavailable['redis-cluster'] = 'redis-server is not on the path'
  }
  if (!existsSync(EMBEDDED_BUILD)) {
    unavailable['embedded-node'] = 'packages/cluster-server is not built (npm run build)'
    unavailable['embedded-cluster'] = 'packages/cluster-server is not built (npm run build)'
  }
  for (const kind of containerKinds) {
    const problem = options.containers ? await imageProblem(containerImages[kind]) : 'no container suite was chosen'
    if (problem !== null) unavailable[kind] = problem
  }
  return { version, unavailable }
}
