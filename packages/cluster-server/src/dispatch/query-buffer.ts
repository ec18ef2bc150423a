/** The usual buffer is as good as not there, and a larger one is not given back before it is twice as large as needed. */
const USUAL_BYTES = 20_480
const LARGE_BYTES = 32 * 1024
const LONG_HEADER_BYTES = 10
const SHORT_HEADER_BYTES = 6

/** What an allocator with four sizes for each power of two gives for so many bytes. */
const allocationFor = (bytes: number): number => {
  const length = bytes + (bytes + LONG_HEADER_BYTES > 2 ** 16 ? LONG_HEADER_BYTES : SHORT_HEADER_BYTES)
  const step = 2 ** Math.max(4, Math.floor(Math.log2(length - 1)) - 2)
  return Math.ceil(length / step) * step
}

/**
 * The size that the query buffer of a client would have in Redis beyond the usual one, as CLIENT LIST shows it and
 * `maxmemory-clients` counts it: as large as the longest command of late. Source: `clientsCronResizeQueryBuffer` in
 * `server.c` of Redis 7.0.15.
 */
export class QueryBuffer {
  /** 0 for a buffer of the usual size. */
  allocatedBytes = 0
  #peakBytes = 0

  /** How many bytes the buffer has room for. */
  get roomBytes(): number {
    const { allocatedBytes } = this
    if (allocatedBytes === 0) return 0
    return allocatedBytes - (allocatedBytes > 2 ** 16 ? LONG_HEADER_BYTES : SHORT_HEADER_BYTES)
  }

  /** So many bytes of a command were held, or announced. */
  note(bytes: number): void {
    if (bytes > this.#peakBytes) this.#peakBytes = bytes
    if (bytes > LARGE_BYTES && bytes > this.roomBytes) this.allocatedBytes = allocationFor(bytes)
  }

  /** To be called at regular intervals; `bytes` are held or announced now. */
  resize(bytes: number, isIdle: boolean): void {
    const needed = Math.max(bytes, this.#peakBytes)
    if (isIdle) this.#shrink(bytes)
    else if (this.roomBytes > LARGE_BYTES && this.roomBytes / 2 > needed) this.#shrink(needed)
    this.#peakBytes = bytes
  }

  #shrink(bytes: number): void {
    const allocation = allocationFor(bytes)
    if (allocation <= USUAL_BYTES) this.allocatedBytes = 0
    else if (allocation < this.allocatedBytes) this.allocatedBytes = allocation
  }
}
