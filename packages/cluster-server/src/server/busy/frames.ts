/** What the process that accepts connections and its node tell each other about one connection. */
export const FrameType = { opened: 0, data: 1, ended: 2, destroyed: 3, stop: 4 } as const

export interface Frame {
  readonly type: number
  readonly id: number
  readonly payload: Buffer
}

/** One byte of type, four of id, four of length. */
const HEADER_BYTES = 9

export const encodeFrame = (type: number, id: number, payload: Uint8Array = new Uint8Array()): Buffer => {
  const frame = Buffer.allocUnsafe(HEADER_BYTES + payload.length)
  frame[0] = type
  frame.writeUInt32LE(id, 1)
  frame.writeUInt32LE(payload.length, 5)
  frame.set(payload, HEADER_BYTES)
  return frame
}

/** Cuts a stream of bytes into frames. */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0)

  read(chunk: Buffer): Frame[] {
    const frames: Frame[] = []
    let bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    while (bytes.length >= HEADER_BYTES) {
      const end = HEADER_BYTES + bytes.readUInt32LE(5)
      if (bytes.length < end) break
      frames.push({ type: bytes.readUInt8(0), id: bytes.readUInt32LE(1), payload: bytes.subarray(HEADER_BYTES, end) })
      bytes = bytes.subarray(end)
    }
    this.#rest = Buffer.from(bytes)
    return frames
  }
}
