import { getHeapStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** The share of the heap that may be in use: V8 ends the process when it can find no room at all. */
const LARGEST_SHARE = 0.8
/** The limit that V8 names is that of all spaces: this much of it is for what was just made. */
const YOUNG_BYTES = 48 * 1024 * 1024

let collector: (() => void) | undefined

/** Collects what is garbage now. */
const collect = (): void => {
  if (collector === undefined) {
    setFlagsFromString('--expose-gc')
    const found: unknown = runInNewContext('gc')
    setFlagsFromString('--no-expose-gc')
    collector = typeof found === 'function' ? () => void found() : () => {}
  }
  collector()
}

const isAboveLimit = (): boolean => {
  const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics()
  return used > (limit - YOUNG_BYTES) * LARGEST_SHARE
}

/** Whether the heap of this thread is close to the limit at which V8 ends the process, with what is really in use. */
export const isHeapFull = (): boolean => {
  if (!isAboveLimit()) return false
  collect()
  return isAboveLimit()
}
