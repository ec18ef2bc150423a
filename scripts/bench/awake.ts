import { type ChildProcess, spawn } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { UsageError } from './usage-error.js'

/**
 * Keeps the processors from sleeping while client and server await each other, as on a machine that has other work: a loop for each
 * processor, which runs only where nothing else wants to. On virtual machines waking a processor can take longer than the request.
 * Returns what ends them. Throws a `UsageError` where `chrt` (Linux, util-linux) is missing.
 */
export const keepAwake = async (): Promise<() => void> => {
  const loops: ChildProcess[] = []
  const stop = (): void => {
    for (const loop of loops) loop.kill('SIGKILL')
  }
  process.once('exit', stop)
  for (let count = 0; count < availableParallelism(); count++) {
    const loop = spawn('chrt', ['--idle', '0', process.execPath, '--eval', 'for (;;);'], { stdio: 'ignore' })
    loops.push(loop)
    await new Promise<void>((resolve, reject) => {
      loop.once('spawn', resolve)
      loop.once('error', () => reject(new UsageError('--awake needs the program chrt, which is not on the path')))
    })
  }
  return () => {
    process.off('exit', stop)
    stop()
  }
}
