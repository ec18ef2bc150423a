import { ProtocolError } from '../resp/protocol-error.js'

/** How a primary announces its copy. */
export type CopyHeader =
  | { readonly type: 'length'; readonly bytes: number }
  /** The copy ends with this text, behind which nothing is sent before it is acknowledged. */
  | { readonly type: 'mark'; readonly mark: Buffer }

const MARK_LENGTH = 40
const MAX_HEADER_BYTES = 1024

/** Looks for the line that announces a copy. Empty lines before it only show that the primary is alive. */
export class CopyHeaderReader {
  #received: Buffer = Buffer.alloc(0)

  /** @returns the header and what follows it; undefined before it is complete. @throws ProtocolError */
  push(chunk: Buffer): { readonly header: CopyHeader; readonly rest: Buffer } | undefined {
    let text = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk])
    while (text[0] === 0x0a) text = text.subarray(1)
    this.#received = text
    const end = text.indexOf('\r\n')
    if (end !== -1) return { header: headerOf(text.toString('latin1', 0, end)), rest: text.subarray(end + 2) }
    if (text.length > MAX_HEADER_BYTES) throw new ProtocolError('a copy without a header')
    return undefined
  }
}

const headerOf = (line: string): CopyHeader => {
  if (line.startsWith('-')) throw new ProtocolError(`MASTER aborted replication with an error: ${line.slice(1)}`)
  const mark = /^\$EOF:(.{40})/s.exec(line)?.[1]
  if (mark !== undefined) return { type: 'mark', mark: Buffer.from(mark, 'latin1') }
  const bytes = /^\$(\d+)$/.exec(line)?.[1]
  if (bytes !== undefined) return { type: 'length', bytes: Number(bytes) }
  throw new ProtocolError(
    `Bad protocol from MASTER, the first byte is not '$' (we received '${line}'), are you sure the host and port are right?`,
  )
}

/** Where a copy lies that is not read before all of it is there. All throw the system's errors. */
export interface CopyStore {
  append(bytes: Buffer): void
  /** Reads on, up to the end of `buffer` from `at` on. @returns how many bytes; 0 at the end */
  read(buffer: Uint8Array, at: number): number
  /** All of it is there: keeps it. */
  place(): void
  /** Lets go of it, and removes it unless it is to be kept. */
  close(): void
}

/** The RDB file that a primary sends before its stream, as it arrives. It is read from the front. */
export class ArrivingCopy {
  readonly #header: CopyHeader
  readonly #store: CopyStore | null
  /** What is not in the store. */
  #chunks: Buffer[] = []
  #stored = 0
  /** Bytes that arrived and were not read. */
  #waiting = 0
  #received = 0
  #state: 'open' | 'complete' | 'cut' = 'open'

  /** @param store default: in memory */
  constructor(header: CopyHeader, store: CopyStore | null = null) {
    this.#header = header
    this.#store = store
    if (header.type === 'length' && header.bytes === 0) this.#state = 'complete'
  }

  /** Its size in bytes; null when that is not known beforehand. */
  get sizeBytes(): number | null {
    return this.#header.type === 'length' ? this.#header.bytes : null
  }

  /** Bytes that arrived. */
  get received(): number {
    return this.#received
  }

  /** Bytes that arrived and were not read. */
  get waiting(): number {
    return this.#waiting
  }

  get isComplete(): boolean {
    return this.#state === 'complete'
  }

  /** Whether more may arrive. */
  get isOpen(): boolean {
    return this.#state === 'open'
  }

  /** An upper bound of what can be read. */
  get remaining(): number {
    if (this.#state !== 'open') return this.#waiting
    return this.#header.type === 'length'
      ? this.#waiting + this.#header.bytes - this.#received
      : Number.MAX_SAFE_INTEGER
  }

  /** Takes what arrived. @returns what follows the copy in it */
  push(chunk: Buffer): Buffer {
    const header = this.#header
    const missing = header.type === 'length' ? header.bytes - this.#received : chunk.length
    const own = chunk.subarray(0, missing)
    if (own.length > 0) this.#chunks.push(own)
    this.#waiting += own.length
    this.#received += own.length
    if (header.type === 'length') {
      if (this.#received === header.bytes) this.#state = 'complete'
    } else if (this.#endsWith(header.mark)) {
      this.#dropTail(MARK_LENGTH)
      this.#state = 'complete'
    }
    if (this.#store !== null) this.#storeReadable(this.#store)
    return chunk.subarray(own.length)
  }

  /** All of it is there: keeps it, if it has a store that does. */
  place(): void {
    this.#store?.place()
  }

  /** Lets go of it. */
  close(): void {
    this.cut()
    this.#store?.close()
  }

  /** Nothing more will arrive. */
  cut(): void {
    if (this.#state === 'open') this.#state = 'cut'
  }

  /** Reads up to the end of `buffer` from `at` on. @returns how many bytes; 0 when there are none now */
  read(buffer: Uint8Array, at: number): number {
    let count = 0
    if (this.#store !== null) {
      count = this.#store.read(buffer, at)
      this.#stored -= count
    } else {
      for (const bytes of this.#take(Math.min(buffer.length - at, this.#readable))) {
        buffer.set(bytes, at + count)
        count += bytes.length
      }
    }
    this.#waiting -= count
    return count
  }

  #storeReadable(store: CopyStore): void {
    for (const bytes of this.#take(this.#readable)) {
      store.append(bytes)
      this.#stored += bytes.length
    }
  }

  /** Takes so many bytes out of memory. */
  *#take(length: number): Generator<Buffer> {
    for (let missing = length; missing > 0; ) {
      const [chunk] = this.#chunks
      if (chunk === undefined) return
      const taken = chunk.subarray(0, missing)
      if (taken.length === chunk.length) this.#chunks.shift()
      else this.#chunks[0] = chunk.subarray(taken.length)
      missing -= taken.length
      yield taken
    }
  }

  /** Bytes in memory that are sure to belong to it: what may be the mark is held back until more arrives. */
  get #readable(): number {
    const isMarked = this.#header.type === 'mark' && this.#state === 'open'
    return Math.max(0, this.#waiting - this.#stored - (isMarked ? MARK_LENGTH : 0))
  }

  #endsWith(mark: Buffer): boolean {
    if (this.#waiting < MARK_LENGTH) return false
    const tail: Buffer[] = []
    let length = 0
    for (let i = this.#chunks.length - 1; i >= 0 && length < MARK_LENGTH; i--) {
      const chunk = this.#chunks[i]
      if (chunk === undefined) break
      tail.unshift(chunk)
      length += chunk.length
    }
    return Buffer.concat(tail).subarray(-MARK_LENGTH).equals(mark)
  }

  #dropTail(bytes: number): void {
    this.#waiting -= bytes
    this.#received -= bytes
    for (let missing = bytes; missing > 0; ) {
      const chunk = this.#chunks.pop()
      if (chunk === undefined) return
      if (chunk.length > missing) this.#chunks.push(chunk.subarray(0, chunk.length - missing))
      missing -= chunk.length
    }
  }
}
