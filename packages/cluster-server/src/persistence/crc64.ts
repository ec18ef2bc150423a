/** The reflected polynomial of CRC-64/Jones, which RDB files and DUMP payloads end with. */
const POLYNOMIAL = 0x95ac9329ac4bc9b5n
const SLICES = 8

/** `TABLES.low[slice * 256 + byte]` and `.high`: the two halves of the checksum of a byte followed by `slice` zeros. */
const makeTables = (): { readonly low: Int32Array; readonly high: Int32Array } => {
  const low = new Int32Array(SLICES * 256)
  const high = new Int32Array(SLICES * 256)
  const first: bigint[] = []
  for (let byte = 0; byte < 256; byte++) {
    let crc = BigInt(byte)
    for (let bit = 0; bit < 8; bit++) crc = crc & 1n ? (crc >> 1n) ^ POLYNOMIAL : crc >> 1n
    first.push(crc)
  }
  for (let byte = 0; byte < 256; byte++) {
    let crc = first[byte] as bigint
    for (let slice = 0; slice < SLICES; slice++) {
      low[slice * 256 + byte] = Number(BigInt.asIntN(32, crc))
      high[slice * 256 + byte] = Number(BigInt.asIntN(32, crc >> 32n))
      crc = (first[Number(crc & 255n)] as bigint) ^ (crc >> 8n)
    }
  }
  return { low, high }
}

let tables: { readonly low: Int32Array; readonly high: Int32Array } | undefined

/** The checksum of RDB: fed piece by piece. A number of 64 bits does not fit a `number`; it is kept in two halves. */
export class Crc64 {
  #low = 0
  #high = 0

  update(bytes: Uint8Array, from = 0, to = bytes.length): void {
    tables ??= makeTables()
    const L = tables.low
    const H = tables.high
    let low = this.#low
    let high = this.#high
    let at = from
    for (; at + 8 <= to; at += 8) {
      const a =
        low ^
        ((bytes[at] as number) |
          ((bytes[at + 1] as number) << 8) |
          ((bytes[at + 2] as number) << 16) |
          ((bytes[at + 3] as number) << 24))
      const b =
        high ^
        ((bytes[at + 4] as number) |
          ((bytes[at + 5] as number) << 8) |
          ((bytes[at + 6] as number) << 16) |
          ((bytes[at + 7] as number) << 24))
      const i7 = 1792 + (a & 255)
      const i6 = 1536 + ((a >>> 8) & 255)
      const i5 = 1280 + ((a >>> 16) & 255)
      const i4 = 1024 + (a >>> 24)
      const i3 = 768 + (b & 255)
      const i2 = 512 + ((b >>> 8) & 255)
      const i1 = 256 + ((b >>> 16) & 255)
      const i0 = b >>> 24
      low =
        (L[i7] as number) ^
        (L[i6] as number) ^
        (L[i5] as number) ^
        (L[i4] as number) ^
        (L[i3] as number) ^
        (L[i2] as number) ^
        (L[i1] as number) ^
        (L[i0] as number)
      high =
        (H[i7] as number) ^
        (H[i6] as number) ^
        (H[i5] as number) ^
        (H[i4] as number) ^
        (H[i3] as number) ^
        (H[i2] as number) ^
        (H[i1] as number) ^
        (H[i0] as number)
    }
    for (; at < to; at++) {
      const index = (low ^ (bytes[at] as number)) & 255
      low = ((low >>> 8) | (high << 24)) ^ (L[index] as number)
      high = (high >>> 8) ^ (H[index] as number)
    }
    this.#low = low
    this.#high = high
  }

  /** The eight bytes as they stand in a file, least significant first. */
  digest(): Buffer {
    const bytes = Buffer.alloc(8)
    bytes.writeInt32LE(this.#low, 0)
    bytes.writeInt32LE(this.#high, 4)
    return bytes
  }
}
