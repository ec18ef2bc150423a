import { createHash } from 'node:crypto'

/** SHA1 of latin1 text, 40 lower-case hexadecimal digits. */
export const sha1 = (text: string): string => createHash('sha1').update(text, 'latin1').digest('hex')
