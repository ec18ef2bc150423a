/** Where an error was raised, as Lua's debug information names it. */
export interface Position {
  /** `@user_script`, `[string "…"]` or `=[C]`. */
  readonly source: string
  /** -1 in a library function. */
  readonly line: number
}

/** How a call names the function that it calls; without a name the function was reached some other way. */
export interface CallSite {
  readonly line: number
  readonly kind: 'global' | 'local' | 'upvalue' | 'field' | 'method' | ''
  readonly name: string
  /** `return f()`: the calling function is gone from the stack of Lua. */
  readonly tail: boolean
}

/** What is known at run time about a piece of compiled source. */
export interface Chunk {
  readonly source: string
  /** Call sites by line of the generated code: each call starts a line of its own. */
  readonly callSites: ReadonlyMap<number, CallSite>
}

export interface Frame {
  readonly kind: 'lua' | 'library' | 'tail'
  readonly position: Position
  /** The call that this frame is executing; for `lua` frames only. */
  readonly callSite: CallSite | undefined
}

const CHUNK_URL = 'lua-chunk:'
const LIBRARY_PREFIX = 'lua '
const IN_LIBRARY: Position = { source: '=[C]', line: -1 }

const chunks = new Map<string, Chunk>()
let chunkCount = 0

/** Makes the frames of generated code known; `url` has to be the `sourceURL` of that code. */
export const registerChunk = (chunk: Chunk): string => {
  const url = `${CHUNK_URL}${++chunkCount}`
  chunks.set(url, chunk)
  return url
}

export const forgetChunk = (url: string): void => {
  chunks.delete(url)
}

/** Gives a library function the name by which its frames are told from those of the engine itself. */
export const nameLibraryFunction = <F extends (...args: never[]) => unknown>(name: string, body: F): F =>
  Object.defineProperty(body, 'name', { value: LIBRARY_PREFIX + name })

/** Whether a function is the host's own, and no code of a script. */
export const isLibraryFunction = (body: { readonly name: string }): boolean => body.name.startsWith(LIBRARY_PREFIX)

const toFrame = (site: NodeJS.CallSite): Frame | undefined => {
  const url = site.getScriptNameOrSourceURL()
  const chunk = url?.startsWith(CHUNK_URL) === true ? chunks.get(url) : undefined
  if (chunk !== undefined) {
    const callSite = chunk.callSites.get(site.getLineNumber() ?? -1)
    return { kind: 'lua', position: { source: chunk.source, line: callSite?.line ?? -1 }, callSite }
  }
  if (site.getFunctionName()?.startsWith(LIBRARY_PREFIX) === true) {
    return { kind: 'library', position: IN_LIBRARY, callSite: undefined }
  }
  return undefined
}

const TAIL: Frame = { kind: 'tail', position: { source: '=(tail call)', line: -1 }, callSite: undefined }

/** Lets V8 format the stack of an error, which it does at the first look, as call sites. */
const callSitesOf = (error: object, depth: number): readonly NodeJS.CallSite[] => {
  const { prepareStackTrace, stackTraceLimit } = Error
  let sites: readonly NodeJS.CallSite[] = []
  Error.stackTraceLimit = depth
  Error.prepareStackTrace = (_error, callSites) => {
    sites = callSites
    return ''
  }
  try {
    if (!(error instanceof Error)) Error.captureStackTrace(error, captureFrames)
    void ('stack' in error && error.stack)
  } finally {
    Error.stackTraceLimit = stackTraceLimit
    // Hazard: nothing may be called here, as the stack can be full.
    Error.prepareStackTrace = prepareStackTrace
  }
  return sites
}

const toFrames = (sites: readonly NodeJS.CallSite[]): readonly Frame[] => {
  const frames: Frame[] = []
  for (const site of sites) {
    const frame = toFrame(site)
    if (frame === undefined) continue
    const callee = frames.at(-1)
    // A library function runs on top of the function that tail-calls it; a Lua function takes its place.
    const replaced = frame.callSite?.tail === true && callee !== undefined && callee.kind !== 'library'
    frames.push(replaced ? TAIL : frame)
  }
  return frames
}

/** Frames of JavaScript that are looked at first: enough for all but recursive library functions. */
const FIRST_DEPTH = 16
const DEPTH_FACTOR = 16

/**
 * The innermost `count` Lua functions and library functions that are running, and perhaps more, innermost first. Reads
 * the stack of JavaScript, so that running code pays nothing; costs some microseconds, and is only asked for when an
 * error is made.
 */
export const captureFrames = (count = 2): readonly Frame[] => {
  for (let depth = FIRST_DEPTH; ; depth *= DEPTH_FACTOR) {
    const sites = callSitesOf({}, depth)
    const frames = toFrames(sites)
    if (frames.length >= count || sites.length < depth) return frames
  }
}

/**
 * The innermost line of a script in the stack of an error that JavaScript itself raised. A function that found no room
 * on the stack has not reached a line yet; then it is the line that called it.
 */
export const positionOf = (error: unknown): Position =>
  toFrames(callSitesOf(error instanceof Error ? error : {}, Error.stackTraceLimit)).find(
    (frame) => frame.callSite !== undefined,
  )?.position ?? IN_LIBRARY
