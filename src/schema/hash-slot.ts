/** Number of hash slots of a cluster. */
export const SLOT_COUNT = 16384

/**
 * The hash slot of a key: CRC16 (XMODEM) of its hash tag, or of the whole key where there is none, modulo 16384.
 * The tag is what lies between the first `{` and the first `}` after it, unless that is empty.
 * https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/#hash-tags
 */
export function hashSlot(key: string): number {
  return crc16(hashedPart(key)) % SLOT_COUNT
}

function hashedPart(key: string): string {
  const open = key.indexOf('{')
  if (open < 0) return key
  const close = key.indexOf('}', open + 1)
  return close > open + 1 ? key.slice(open + 1, close) : key
}

/** CRC16 (XMODEM) of the UTF-8 bytes of a text, continuing from that of the text before it. */
export function crc16(text: string, start = 0): number {
  let crc = start
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code > 0x7f) return crc16OfBytes(Buffer.from(text, 'utf8'), start)
    crc = step(crc, code)
  }
  return crc
}

function crc16OfBytes(bytes: Uint8Array, start: number): number {
  let crc = start
  for (const byte of bytes) crc = step(crc, byte)
  return crc
}

const table = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1
  return crc
})

function step(crc: number, byte: number): number {
  return ((crc << 8) ^ (table[((crc >> 8) ^ byte) & 0xff] ?? 0)) & 0xffff
}
