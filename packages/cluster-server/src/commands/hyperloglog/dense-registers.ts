/** Number of registers of a sketch. */
export const REGISTERS = 16384
/** Bits of a register in the dense form. */
const BITS = 6
const LARGEST = 63

/** Bytes of all registers in the dense form. */
export const DENSE_BYTES = (REGISTERS * BITS) / 8

/** Register `index`, counted in bits from the least significant one of `bytes[base]`. */
export const denseRegister = (bytes: Uint8Array, base: number, index: number): number => {
  const at = base + ((index * BITS) >> 3)
  const shift = (index * BITS) & 7
  return (((bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8)) >> shift) & LARGEST
}

/** Sets a register; the bits of its neighbours stay. */
export const setDenseRegister = (bytes: Uint8Array, base: number, index: number, value: number): void => {
  const at = base + ((index * BITS) >> 3)
  const shift = (index * BITS) & 7
  const pair = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8)
  const changed = (pair & ~(LARGEST << shift)) | (value << shift)
  bytes[at] = changed & 255
  // The last register ends with the last byte: there is nothing behind it that could change.
  if (shift > 8 - BITS) bytes[at + 1] = changed >> 8
}
