/** The bytes of an integer, two's complement, as latin1 text; more than 8 bytes repeat the sign as zeros, as C's shifts do. */
export const integerToBytes = (value: bigint, size: number, littleEndian: boolean): string => {
  let rest = BigInt.asUintN(64, value)
  let bytes = ''
  for (let i = 0; i < size; i++) {
    const byte = String.fromCharCode(Number(rest & 255n))
    bytes = littleEndian ? bytes + byte : byte + bytes
    rest >>= 8n
  }
  return bytes
}

/** The integer of `size` bytes at `at`; only the lower 64 bits count. */
export const bytesToInteger = (
  text: string,
  at: number,
  size: number,
  littleEndian: boolean,
  signed: boolean,
): bigint => {
  let value = 0n
  for (let i = 0; i < size; i++) {
    value = (value << 8n) | BigInt(text.charCodeAt(littleEndian ? at + size - 1 - i : at + i))
  }
  const bits = Math.min(size, 8) * 8
  return signed ? BigInt.asIntN(bits, value) : BigInt.asUintN(64, value)
}

/** A float of 4 or 8 bytes as latin1 text. */
export const floatToBytes = (value: number, size: 4 | 8, littleEndian: boolean): string => {
  const view = new DataView(new ArrayBuffer(size))
  if (size === 4) view.setFloat32(0, value, littleEndian)
  else view.setFloat64(0, value, littleEndian)
  return String.fromCharCode(...new Uint8Array(view.buffer))
}

export const bytesToFloat = (text: string, at: number, size: 4 | 8, littleEndian: boolean): number => {
  const view = new DataView(new ArrayBuffer(size))
  for (let i = 0; i < size; i++) view.setUint8(i, text.charCodeAt(at + i))
  return size === 4 ? view.getFloat32(0, littleEndian) : view.getFloat64(0, littleEndian)
}

/** C's conversion of a double to a 64-bit integer; what does not fit becomes the smallest one. */
export const toInt64 = (value: number): bigint =>
  value >= -(2 ** 63) && value < 2 ** 63 ? BigInt(Math.trunc(value)) : -(2n ** 63n)
