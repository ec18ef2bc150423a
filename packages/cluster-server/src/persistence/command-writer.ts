import type { RdbWriter } from './rdb-writer.js'

/** Longer words are written on their own; what is shorter is joined, as many small writes take longer. */
const LONGEST_JOINED = 4096

/** Writes a command as the array of bulk strings in which it goes over the wire. */
export const writeCommand = (out: RdbWriter, ...words: readonly string[]): void => {
  let text = `*${words.length}\r\n`
  for (const word of words) {
    text += `$${word.length}\r\n`
    if (word.length <= LONGEST_JOINED) text += word
    else {
      out.text(text)
      out.text(word)
      text = ''
    }
    text += '\r\n'
  }
  out.text(text)
}
