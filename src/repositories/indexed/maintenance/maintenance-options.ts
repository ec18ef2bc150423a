/** How far a run has come. */
export interface MaintenanceProgress {
  readonly model: string
  /** Number of the partition, from 1. */
  readonly partition: number
  readonly partitions: number
  /** Records and entries looked at, findings among them, and what was put right, in this run. */
  readonly records: number
  readonly entries: number
  readonly findings: number
  readonly mended: number
  /** Give it as `resume` to another run of the same method to go on here; it may be kept for as long as one likes. */
  readonly token: string
}

/** How a run goes. */
export interface MaintenanceOptions {
  /** Called after each step, a step being a few script calls. What it throws ends the run. */
  readonly onProgress?: (progress: MaintenanceProgress) => void
  /** Ends the run after the step under way, with the signal's reason. What was done stays done. */
  readonly signal?: AbortSignal
  /** A token of `onProgress`; absent: from the beginning. */
  readonly resume?: string
  /** Records or entries of one script call; default 250, at most 1000. */
  readonly batchSize?: number
}

/** How `verify`, `repair` and `rebuild` go. */
export interface InspectionOptions extends MaintenanceOptions {
  /**
   * True: also walk the keys of the database with SCAN, for what no index leads to: records that are in no index, and
   * entries under values that no record has. Reads the names of all keys of all primaries once. Default false: nothing is
   * scanned.
   */
  readonly scanKeys?: boolean
}
