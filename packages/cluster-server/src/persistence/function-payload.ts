import { openPayload, sealPayload } from './dump-payload.js'
import { RdbError } from './rdb-error.js'
import { Opcode } from './rdb-format.js'
import { RdbReader } from './rdb-reader.js'
import { RdbWriter } from './rdb-writer.js'

/** Version and checksum. */
const FOOTER_SIZE = 10

/** The libraries of functions as FUNCTION DUMP answers them; latin1 text. */
export const functionPayload = (sources: readonly string[], compresses: boolean): string => {
  const out = new RdbWriter(compresses, 1024)
  for (const source of sources) {
    out.byte(Opcode.function2)
    out.string(source)
  }
  return sealPayload(out)
}

/** A library as Redis 7.0 wrote it before its release, in the form of today. The reader stands behind the opcode. */
export const readEarlyLibrary = (reader: RdbReader): string => {
  const name = reader.string()
  const engine = reader.string()
  if (reader.size() !== 0) reader.string()
  return `#!${engine} name=${name}\n${reader.string()}`
}

/** The sources of the libraries in what FUNCTION RESTORE was given; a text says why it cannot be used. */
export const readFunctionPayload = (text: string, checksChecksum: boolean): readonly string[] | string => {
  const bytes = openPayload(text, checksChecksum)
  if (bytes === undefined) return 'DUMP payload version or checksum are wrong'
  const body = bytes.length - FOOTER_SIZE
  const reader = new RdbReader(bytes.subarray(0, body))
  const sources: string[] = []
  try {
    while (reader.position < body) {
      const type = reader.byte()
      if (type === Opcode.function2) sources.push(reader.string())
      else if (type === Opcode.functionOld) sources.push(readEarlyLibrary(reader))
      else return 'given type is not a function'
    }
    return sources
  } catch (error) {
    if (error instanceof RdbError) return 'Failed loading library payload'
    throw error
  }
}
