/** An integer of 1 to 64 bits within a string. */
export interface IntegerType {
  readonly signed: boolean
  readonly bits: number
}

/** What becomes of a value that does not fit. */
export type Overflow = 'WRAP' | 'SAT' | 'FAIL'

/** The integer whose most significant bit is at `offset`; bits behind the end are 0. */
export const readField = (bytes: Uint8Array, offset: number, { signed, bits }: IntegerType): bigint => {
  let value = 0n
  for (let position = offset; position < offset + bits; position++) {
    const byte = bytes[Math.floor(position / 8)] ?? 0
    value = (value << 1n) | BigInt((byte >> (7 - (position % 8))) & 1)
  }
  return signed ? BigInt.asIntN(bits, value) : value
}

/** Writes an integer that fits; the bytes reach far enough. */
export const writeField = (bytes: Uint8Array, offset: number, { bits }: IntegerType, value: bigint): void => {
  const pattern = BigInt.asUintN(bits, value)
  for (let i = 0; i < bits; i++) {
    const position = offset + i
    const mask = 128 >> (position % 8)
    const at = Math.floor(position / 8)
    const isSet = (pattern >> BigInt(bits - 1 - i)) & 1n
    bytes[at] = isSet ? (bytes[at] ?? 0) | mask : (bytes[at] ?? 0) & ~mask
  }
}

/** `value` as an integer of the type; undefined when it does not fit and the overflow is to fail. */
export const fitField = (value: bigint, { signed, bits }: IntegerType, overflow: Overflow): bigint | undefined => {
  const width = BigInt(bits)
  const greatest = signed ? (1n << (width - 1n)) - 1n : (1n << width) - 1n
  const least = signed ? -greatest - 1n : 0n
  if (value >= least && value <= greatest) return value
  switch (overflow) {
    case 'FAIL':
      return undefined
    case 'SAT':
      return value > greatest ? greatest : least
    case 'WRAP':
      return signed ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value)
    default:
      return overflow satisfies never
  }
}
