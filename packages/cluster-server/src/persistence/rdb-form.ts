import type { Entry } from '../keyspace/entry.js'
import { Crc64 } from './crc64.js'
import type { DatabaseSizes, DatasetForm } from './dataset-form.js'
import { Opcode, RDB_VERSION } from './rdb-format.js'
import type { RdbWriter } from './rdb-writer.js'
import { beginValue, type RemainingSteps, rdbTypeOf, type ValueFormat } from './value-encoder.js'

/** How an RDB is written. */
export interface DatasetFormat extends ValueFormat {
  /** `rdbcompression`. */
  readonly compresses: boolean
  /** `rdbchecksum`; without it the checksum is zero, which says that there is none. */
  readonly checksums: boolean
  /** What is written of the use of each key: seconds since the last access, a frequency, or nothing. */
  readonly usage: 'idle' | 'frequency' | null
}

/** What stands in an RDB before the keys. */
export interface DatasetHeader {
  /** Names and values of the auxiliary fields, in order. */
  readonly auxiliary: readonly (readonly [name: string, value: string])[]
  /** Sources of the function libraries. */
  readonly functions: readonly string[]
}

const NO_CHECKSUM = Buffer.alloc(8)

/** All data as an RDB file of version 10. */
export class RdbForm implements DatasetForm {
  readonly #format: DatasetFormat
  readonly #header: DatasetHeader
  readonly #crc = new Crc64()

  constructor(format: DatasetFormat, header: DatasetHeader) {
    this.#format = format
    this.#header = header
  }

  get compresses(): boolean {
    return this.#format.compresses
  }

  begin(out: RdbWriter): void {
    out.text(`REDIS${String(RDB_VERSION).padStart(4, '0')}`)
    for (const [name, value] of this.#header.auxiliary) {
      out.byte(Opcode.aux)
      out.string(name)
      out.string(value)
    }
    for (const source of this.#header.functions) {
      out.byte(Opcode.function2)
      out.string(source)
    }
  }

  beginDatabase(out: RdbWriter, { index, size, deadlineCount }: DatabaseSizes): void {
    out.byte(Opcode.select)
    out.size(index)
    out.byte(Opcode.resize)
    out.size(size)
    out.size(deadlineCount)
  }

  beginEntry(out: RdbWriter, entry: Entry, nowSeconds: number): RemainingSteps {
    const { deadline, value } = entry
    if (deadline !== null) {
      out.byte(Opcode.expiryMs)
      out.time(deadline.atMs)
    }
    if (this.#format.usage === 'idle') {
      out.byte(Opcode.idle)
      out.size(Math.max(0, nowSeconds - entry.access))
    } else if (this.#format.usage === 'frequency') {
      out.byte(Opcode.frequency)
      out.byte(entry.access & 255)
    }
    out.byte(rdbTypeOf(value))
    out.string(entry.key)
    return beginValue(out, value, this.#format)
  }

  end(out: RdbWriter): void {
    out.byte(Opcode.end)
  }

  seal(piece: Buffer, isLast: boolean): Buffer {
    if (!this.#format.checksums) return isLast ? Buffer.concat([piece, NO_CHECKSUM]) : piece
    this.#crc.update(piece)
    return isLast ? Buffer.concat([piece, this.#crc.digest()]) : piece
  }
}
