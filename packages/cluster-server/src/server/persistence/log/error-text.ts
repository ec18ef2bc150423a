/** What a system error says, without the call and the path that Node adds: `No space left on device`. */
export const systemReason = (error: unknown): string => {
  const message = error instanceof Error ? error.message : String(error)
  const text = /^E[A-Z0-9]+: ([^,]+)/.exec(message)?.[1]
  return text === undefined ? message : text.slice(0, 1).toUpperCase() + text.slice(1)
}

/** Whether a system error says that there is no such file. */
export const isMissing = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT'
