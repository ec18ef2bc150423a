import { type Debugger, Session } from 'node:inspector'

const LOOK_MS = 5

/**
 * Stops the main thread for a moment to see where it is; to be called in another thread, while the main thread is busy. Ends
 * without a stack when it is not busy any more before it could be stopped: it cannot be within the system's functions.
 * @param isOver whether the main thread is not busy any more
 */
export const stackOfMainThread = (isOver: () => boolean): Promise<readonly string[] | null> =>
  new Promise((resolve) => {
    const session = new Session()
    const files = new Map<string, string>()
    const end = (stack: readonly string[] | null): void => {
      clearInterval(timer)
      session.disconnect()
      resolve(stack)
    }
    session.on('Debugger.scriptParsed', ({ params }) => files.set(params.scriptId, params.url))
    session.on('Debugger.paused', ({ params }) => {
      const stack = isOver() ? null : params.callFrames.map((frame) => placeOf(frame, files))
      session.post('Debugger.resume', () => end(stack))
    })
    const timer = setInterval(() => {
      if (isOver()) end(null)
    }, LOOK_MS)
    session.connectToMainThread()
    session.post('Debugger.enable')
    session.post('Debugger.pause')
  })

const placeOf = (
  { functionName, location: { scriptId, lineNumber, columnNumber = 0 } }: Debugger.CallFrame,
  files: ReadonlyMap<string, string>,
): string => {
  const place = `${files.get(scriptId) ?? ''}:${lineNumber + 1}:${columnNumber + 1}`
  return functionName === '' ? place : `${functionName} (${place})`
}
