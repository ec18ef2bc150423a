import type { DebugSwitches } from '../commands/debug-switches.js'

const LARGEST_BYTES = 16 * 1024
const SMALLEST_BYTES = 1024

/**
 * The size that the fixed reply buffer of a client would have in Redis, as CLIENT LIST shows it: halved while it is little
 * used, doubled while it is full. Source: `clientsCronResizeOutputBuffer` in `server.c` of Redis 7.0.15.
 */
export class ReplyBuffer {
  sizeBytes = LARGEST_BYTES
  peakBytes = LARGEST_BYTES
  /** As in Redis, the first look at a new client starts its peak anew. */
  #peakResetAtMs = 0

  /** So many bytes were sent at once. */
  note(bytes: number): void {
    if (bytes > this.peakBytes) this.peakBytes = Math.min(bytes, this.sizeBytes)
  }

  /** To be called at regular intervals. @returns by how much the size changed. */
  resize(nowMs: number, { replyPeakResetMs, replyBuffersResized }: DebugSwitches): number {
    if (!replyBuffersResized) return 0
    const { sizeBytes, peakBytes } = this
    if (sizeBytes / 2 >= SMALLEST_BYTES && peakBytes < sizeBytes / 2) {
      this.sizeBytes = Math.max(SMALLEST_BYTES, peakBytes + 1)
    } else if (sizeBytes * 2 < LARGEST_BYTES * 2 && peakBytes === sizeBytes) {
      this.sizeBytes = Math.min(LARGEST_BYTES, sizeBytes * 2)
    }
    if (replyPeakResetMs >= 0 && nowMs - this.#peakResetAtMs >= replyPeakResetMs) {
      this.peakBytes = 0
      this.#peakResetAtMs = nowMs
    }
    return this.sizeBytes - sizeBytes
  }
}
