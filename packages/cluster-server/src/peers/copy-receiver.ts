import { ProtocolError } from '../resp/protocol-error.js'

const MARK_LENGTH = 40
const MAX_HEADER_BYTES = 128

/** A complete copy, and what came behind it. */
export interface ReceivedCopy {
  readonly rdb: Buffer
  readonly rest: Buffer
}

type Header =
  | { readonly type: 'length'; readonly bytes: number }
  /** The copy ends with this text, behind which nothing is sent before it is acknowledged. */
  | { readonly type: 'mark'; readonly mark: Buffer }

/** Gathers the RDB file that a primary sends before its stream. */
export class CopyReceiver {
  #header: Header | null = null
  #chunks: Buffer[] = []
  #size = 0

  /**
   * Takes what arrived. @returns the copy once it is complete
   * @throws ProtocolError when this is no copy
   */
  push(chunk: Buffer): ReceivedCopy | undefined {
    this.#add(chunk)
    if (this.#header === null) this.#readHeader()
    if (this.#header === null) return undefined
    return this.#header.type === 'length'
      ? this.#completeWithLength(this.#header.bytes)
      : this.#completeWithMark(this.#header.mark)
  }

  #add(chunk: Buffer): void {
    this.#chunks.push(chunk)
    this.#size += chunk.length
  }

  #readHeader(): void {
    let text = Buffer.concat(this.#chunks)
    // Empty lines show that the primary is alive while it prepares the copy.
    while (text[0] === 0x0a) text = text.subarray(1)
    this.#chunks = [text]
    this.#size = text.length
    const end = text.indexOf('\r\n')
    if (end === -1) {
      if (text.length > MAX_HEADER_BYTES) throw new ProtocolError('ERR a copy without a header')
      return
    }
    const line = text.toString('latin1', 0, end)
    this.#header = headerOf(line)
    this.#chunks = [text.subarray(end + 2)]
    this.#size -= end + 2
  }

  #completeWithLength(bytes: number): ReceivedCopy | undefined {
    if (this.#size < bytes) return undefined
    const all = Buffer.concat(this.#chunks)
    return { rdb: all.subarray(0, bytes), rest: all.subarray(bytes) }
  }

  #completeWithMark(mark: Buffer): ReceivedCopy | undefined {
    if (this.#size < MARK_LENGTH || !this.#tail().equals(mark)) return undefined
    const all = Buffer.concat(this.#chunks)
    return { rdb: all.subarray(0, all.length - MARK_LENGTH), rest: Buffer.alloc(0) }
  }

  #tail(): Buffer {
    let tail = Buffer.alloc(0)
    for (let i = this.#chunks.length - 1; i >= 0 && tail.length < MARK_LENGTH; i--) {
      tail = Buffer.concat([this.#chunks[i] ?? tail, tail])
    }
    return tail.subarray(tail.length - MARK_LENGTH)
  }
}

const headerOf = (line: string): Header => {
  const mark = /^\$EOF:(.{40})$/s.exec(line)?.[1]
  if (mark !== undefined) return { type: 'mark', mark: Buffer.from(mark, 'latin1') }
  const bytes = /^\$(\d+)$/.exec(line)?.[1]
  if (bytes !== undefined) return { type: 'length', bytes: Number(bytes) }
  throw new ProtocolError(`ERR a copy that begins with ${JSON.stringify(line)}`)
}
