/** The part of a word that a function of C sees: up to its first zero byte. */
export const untilZero = (word: string): string => {
  const end = word.indexOf('\0')
  return end === -1 ? word : word.slice(0, end)
}

/** Whether a word has a space of C or a zero byte, which user names and patterns may not have. */
export const hasSpaces = (word: string): boolean => /[ \t-\r\0]/.test(word)
