/** What DEBUG turns on and off. */
export class DebugSwitches {
  /** PAUSE-CRON: nothing happens by itself. */
  cronPaused = false
  /** SET-DISABLE-DENY-SCRIPTS: scripts may call every command. */
  scriptsCallEverything = false
  /** Somebody has said SCRIPT DEBUG SYNC. */
  followsScripts = false
  /** REPLYBUFFER PEAK-RESET-TIME, in milliseconds; negative: never. */
  replyPeakResetMs = 5000
  /** REPLYBUFFER RESIZING */
  replyBuffersResized = true
}
