import { createHash, timingSafeEqual } from 'node:crypto'

/** SHA-256 of a password (latin1: one character, one byte) as 64 hexadecimal digits. */
export const hashPassword = (password: string): string =>
  createHash('sha256').update(Buffer.from(password, 'latin1')).digest('hex')

/** Whether a text can be the hash of a password. */
export const isPasswordHash = (text: string): boolean => /^[0-9a-f]{64}$/.test(text)

/** Whether one of the hashes is that of `password`; every comparison takes the same time. */
export const matchesPassword = (password: string, hashes: readonly string[]): boolean => {
  const given = Buffer.from(hashPassword(password), 'latin1')
  return hashes.some((hash) => timingSafeEqual(given, Buffer.from(hash, 'latin1')))
}
