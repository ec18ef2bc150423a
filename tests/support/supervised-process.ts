import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * Runs "$@" for as long as the other end of standard input stays open. The kernel closes that pipe when the parent
 * dies, however it dies, so the program cannot outlive the tests; nor can its directory ($0).
 */
const GUARD = `
exec 3<&0
"$@" </dev/null 3<&- &
program=$!
( trap '' TERM; read -r line <&3; kill -9 $program 2>/dev/null; rm -rf "$0" ) >/dev/null 2>&1 &
guard=$!
wait $program
status=$?
rm -rf "$0"
kill -9 $guard 2>/dev/null
exit $status
`

/** A program that ends with this process at the latest. */
export interface SupervisedProcess {
  /** Working directory of the program: temporary, removed when it ends. */
  readonly directory: string
  /** The last lines of its output. */
  output(): string
  /** Resolves when the program and its directory are gone. */
  readonly ended: Promise<void>
  /** Kills the program; resolves when it is gone. Idempotent. */
  stop(): Promise<void>
}

/**
 * Starts a program and waits until a line of its output matches `ready`.
 * @throws Error with the program's last output when it ends before that.
 */
export async function startSupervised(
  command: string,
  args: (directory: string) => readonly string[],
  ready: RegExp,
): Promise<SupervisedProcess> {
  const directory = await mkdtemp(join(tmpdir(), 'activeredis-test-'))
  const child: ChildProcess = spawn('/bin/sh', ['-c', GUARD, directory, command, ...args(directory)], {
    cwd: directory,
    stdio: ['pipe', 'pipe', 'pipe'],
    // Out of reach of the terminal's Ctrl-C, so that the end of the parent alone decides.
    detached: true,
  })
  child.stdin?.on('error', () => {})
  let output = ''
  const ended = new Promise<void>((resolve) => {
    child.once('error', () => resolve())
    child.once('close', () => resolve())
  }).then(() => rm(directory, { recursive: true, force: true }))

  await new Promise<void>((resolve, reject) => {
    const onOutput = (chunk: Buffer): void => {
      output = (output + chunk.toString('utf8')).slice(-8192)
      if (ready.test(output)) resolve()
    }
    child.stdout?.on('data', onOutput)
    child.stderr?.on('data', onOutput)
    ended.then(() => reject(new Error(`${command} ended before it was ready:\n${output}`)), reject)
  })

  return {
    directory,
    output: () => output,
    ended,
    stop: () => {
      child.stdin?.end()
      return ended
    },
  }
}
