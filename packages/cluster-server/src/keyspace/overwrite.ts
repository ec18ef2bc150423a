import { detach } from './detach.js'

/** Longer texts are not copied as a whole when a part of them changes. */
const LARGEST_COPY = 16 * 1024

/**
 * `text` with `part` in place of what is at `offset`, which is not behind its end. A long text becomes a rope of its
 * parts: it is made flat, which costs one copy, when it is read or changed again, and keeps the old text alive until then.
 */
export const overwrite = (text: string, offset: number, part: string): string => {
  const end = offset + part.length
  if (text.length <= LARGEST_COPY) return detach(text.slice(0, offset) + part + text.slice(end))
  return text.slice(0, offset) + detach(part) + text.slice(end)
}
