import type { InfoLine } from '../../commands/replication/replication-info.js'

/** How far the loading of a file is. */
export interface LoadProgress {
  /** Unix time in seconds. */
  readonly startedAt: number
  readonly totalBytes: number
  /** What the file says of the memory that its data took. */
  readonly usedMemory: number
  loadedBytes: number
}

/** The lines of INFO that are there while a file is loaded. */
export const loadingLines = (progress: LoadProgress, nowSeconds: number): InfoLine[] => {
  const { startedAt, totalBytes, loadedBytes } = progress
  const elapsed = nowSeconds - startedAt
  const share = totalBytes === 0 ? 0 : Math.min(1, loadedBytes / totalBytes)
  const left = elapsed === 0 || share === 0 ? 1 : Math.floor((elapsed * (totalBytes - loadedBytes)) / loadedBytes)
  return [
    ['loading_start_time', startedAt],
    ['loading_total_bytes', totalBytes],
    ['loading_rdb_used_mem', progress.usedMemory],
    ['loading_loaded_bytes', loadedBytes],
    ['loading_loaded_perc', (share * 100).toFixed(2)],
    ['loading_eta_seconds', Math.max(0, left)],
  ]
}
