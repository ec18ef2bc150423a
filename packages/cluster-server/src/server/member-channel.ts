import { fork } from 'node:child_process'
import type { MessageToLauncher, MessageToMember } from './member-messages.js'
import { processFile, startThread } from './member-program.js'

/** The launcher's end of the channel to a node in another thread or process. */
export interface MemberChannel {
  post(message: MessageToMember): void
  onMessage(listener: (message: MessageToLauncher) => void): void
  /** Calls back once when the thread or process has ended; `reason` says how. */
  onEnd(listener: (reason: string) => void): void
  /** Ends the thread or process at once. */
  terminate(): void
}

/**
 * A young generation of 96 MiB: semi-spaces of 32 MiB save a few percent of a write's time over the default of 16.
 * A deep stack is for recursive scripts.
 */
const RESOURCE_LIMITS = { maxYoungGenerationSizeMb: 96, stackSizeMb: 16 }

/** Starts a worker thread for a node. */
export const threadChannel = (): MemberChannel => {
  // No flags are inherited: those of a test runner do not fit.
  const worker = startThread(new URL('./node-thread.js', import.meta.url), {
    execArgv: [],
    resourceLimits: RESOURCE_LIMITS,
  })
  let failure: unknown
  worker.on('error', (error) => {
    failure = error
  })
  return {
    post: (message) => worker.postMessage(message),
    onMessage: (listener) => worker.on('message', (message: MessageToLauncher) => listener(message)),
    onEnd: (listener) => {
      worker.once('exit', (code) => {
        listener(failure instanceof Error ? failure.message : `its thread ended with exit code ${code}`)
      })
    },
    terminate: () => void worker.terminate(),
  }
}

/** Starts a child process for a node. */
export const processChannel = (): MemberChannel => {
  const child = fork(processFile(new URL('./node-process.js', import.meta.url)), [], {
    execArgv: ['--max-semi-space-size=32'],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  let failure: Error | null = null
  child.on('error', (error) => {
    failure = error
  })
  return {
    // A child that has just ended is noticed by its exit; what was sent to it is lost either way.
    post: (message) => void child.send(message, () => {}),
    onMessage: (listener) => child.on('message', (message) => listener(message as MessageToLauncher)),
    onEnd: (listener) => {
      child.once('close', (code, signal) => {
        listener(failure?.message ?? `its process ended with ${signal === null ? `exit code ${code}` : signal}`)
      })
    },
    terminate: () => void child.kill('SIGKILL'),
  }
}
