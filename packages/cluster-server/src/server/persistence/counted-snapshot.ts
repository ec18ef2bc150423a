import type { ServerState } from '../../commands/context.js'
import type { DatasetSnapshot } from '../../persistence/dataset-snapshot.js'

/** Begins a snapshot that is written in the background, and counts it where Redis counts the fork of a child. */
export const countedSnapshot = (server: ServerState, begin: () => DatasetSnapshot): DatasetSnapshot => {
  const { statistics, config, clock } = server
  const startedAt = performance.now()
  const snapshot = begin()
  const elapsedMs = performance.now() - startedAt
  statistics.snapshots++
  statistics.lastSnapshotUs = Math.round(elapsedMs * 1000)
  const thresholdMs = config.number('latency-monitor-threshold')
  if (thresholdMs > 0 && elapsedMs >= thresholdMs) statistics.latency.add('fork', Math.floor(elapsedMs), clock.nowMs())
  return snapshot
}
