import type { StoredValue } from '../keyspace/value.js'
import { Crc64 } from './crc64.js'
import { RDB_VERSION } from './rdb-format.js'
import { RdbWriter } from './rdb-writer.js'
import { beginValue, finishValue, rdbTypeOf, type ValueFormat } from './value-encoder.js'

/** Version and checksum. */
const FOOTER_SIZE = 10

/** A value as DUMP answers it: the type, the value, two bytes of version and eight of checksum; latin1 text. */
export const dumpPayload = (value: StoredValue, format: ValueFormat & { readonly compresses: boolean }): string => {
  const out = new RdbWriter(format.compresses, 1024)
  out.byte(rdbTypeOf(value))
  finishValue(beginValue(out, value, format))
  return sealPayload(out)
}

/** Ends a payload with its footer. @returns all of it, as latin1 text */
export const sealPayload = (out: RdbWriter): string => {
  out.byte(RDB_VERSION & 255)
  out.byte(RDB_VERSION >> 8)
  const crc = new Crc64()
  crc.update(out.view())
  out.bytes(crc.digest())
  return out.view().toString('latin1')
}

/** What RESTORE was given, without its footer; undefined when version or checksum are wrong. */
export const openPayload = (text: string, checksChecksum: boolean): Buffer | undefined => {
  if (text.length < FOOTER_SIZE) return undefined
  const bytes = Buffer.from(text, 'latin1')
  const body = bytes.length - FOOTER_SIZE
  if (bytes.readUInt16LE(body) > RDB_VERSION) return undefined
  if (checksChecksum) {
    const crc = new Crc64()
    crc.update(bytes, 0, bytes.length - 8)
    if (!crc.digest().equals(bytes.subarray(body + 2))) return undefined
  }
  return bytes
}
