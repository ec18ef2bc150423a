/** What `cjson.encode_*` and `cjson.decode_*` change. Redis keeps them from one script to the next, and so do we. */
export interface CjsonSettings {
  sparseConvert: boolean
  sparseRatio: number
  sparseSafe: number
  encodeMaxDepth: number
  decodeMaxDepth: number
  /** `null` writes invalid numbers as null. */
  encodeInvalidNumbers: boolean | 'null'
  decodeInvalidNumbers: boolean
  /** Significant digits. */
  numberPrecision: number
  keepBuffer: boolean
}

export const defaultSettings = (): CjsonSettings => ({
  sparseConvert: false,
  sparseRatio: 2,
  sparseSafe: 10,
  encodeMaxDepth: 1000,
  decodeMaxDepth: 1000,
  encodeInvalidNumbers: false,
  decodeInvalidNumbers: true,
  numberPrecision: 14,
  keepBuffer: true,
})
