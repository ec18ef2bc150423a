import type { RdbWriter } from './rdb-writer.js'

/** Writes a command as the array of bulk strings in which it goes over the wire. */
export const writeCommand = (out: RdbWriter, ...words: readonly string[]): void => {
  out.text(`*${words.length}\r\n`)
  for (const word of words) {
    out.text(`$${word.length}\r\n`)
    out.text(word)
    out.text('\r\n')
  }
}
