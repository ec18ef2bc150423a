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

/** The RDB file that a primary sends before its stream, as it arrives. It is read from the front. */
export class ArrivingCopy {
  readonly #header: CopyHeader
  #chunks: Buffer[] = []
  /** Bytes that arrived and were not read. */
  #waiting = 0
  #received = 0
  #state: 'open' | 'complete' | 'cut' = 'open'

  constructor(header: CopyHeader) {
    this.#header = header
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
    return chunk.subarray(own.length)
  }

  /** Nothing more will arrive. */
  cut(): void {
    if (this.#state === 'open') this.#state = 'cut'
  }

  /** Reads up to the end of `buffer` from `at` on. @returns how many bytes; 0 when there are none now */
  read(buffer: Uint8Array, at: number): number {
    const start = at
    for (let room = Math.min(buffer.length - at, this.#readable); room > 0; ) {
      const [chunk] = this.#chunks
      if (chunk === undefined) break
      const taken = chunk.subarray(0, room)
      buffer.set(taken, at)
      if (taken.length === chunk.length) this.#chunks.shift()
      else this.#chunks[0] = chunk.subarray(taken.length)
      at += taken.length
      room -= taken.length
    }
    this.#waiting -= at - start
    return at - start
  }

  /** What may be the mark is held back until more arrives. */
  get #readable(): number {
    const isMarked = this.#header.type === 'mark' && this.#state === 'open'
    return Math.max(0, this.#waiting - (isMarked ? MARK_LENGTH : 0))
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
