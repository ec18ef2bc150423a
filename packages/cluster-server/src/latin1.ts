/**
 * A buffer with Node's own latin1 accessors, which skip the encoding look-up of `toString` and `write`. They exist on
 * every Buffer but are missing from its published types.
 */
export type Latin1Buffer = Buffer & {
  latin1Slice(start?: number, end?: number): string
  latin1Write(text: string, offset?: number, length?: number): number
}

/** A buffer of its own memory, outside of Node's shared pool; its content is undefined. */
export const allocateLatin1 = (sizeBytes: number): Latin1Buffer => Buffer.allocUnsafeSlow(sizeBytes) as Latin1Buffer
