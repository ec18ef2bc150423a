/** Number of hash slots of a Redis Cluster. */
export const SLOT_COUNT = 16384

const table = new Uint16Array(256)
for (let byte = 0; byte < 256; byte++) {
  let crc = byte << 8
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? ((crc << 1) ^ 0x1021) & 0xffff : (crc << 1) & 0xffff
  table[byte] = crc
}

/** CRC16-CCITT (XMODEM) over latin1 text from `start` to before `end`. */
export const crc16 = (text: string, start = 0, end = text.length): number => {
  let crc = 0
  for (let i = start; i < end; i++) {
    crc = ((crc << 8) & 0xffff) ^ (table[((crc >>> 8) ^ text.charCodeAt(i)) & 0xff] as number)
  }
  return crc
}

/**
 * The slot of a key: CRC16 of its hash tag (the text between the first `{` and the next `}`, when not empty),
 * else of the whole key. Source: Redis Cluster specification, "Hash tags".
 */
export const keySlot = (key: string): number => {
  const open = key.indexOf('{')
  if (open !== -1) {
    const close = key.indexOf('}', open + 1)
    if (close > open + 1) return crc16(key, open + 1, close) & (SLOT_COUNT - 1)
  }
  return crc16(key) & (SLOT_COUNT - 1)
}
