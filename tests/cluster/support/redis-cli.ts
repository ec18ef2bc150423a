import { spawn } from 'node:child_process'
import { stripVTControlCharacters } from 'node:util'

/** How a run of redis-cli ended. */
export interface CliOutcome {
  readonly status: number | null
  /** What it printed, on both streams, without colours. */
  readonly output: string
}

const PATIENCE_MS = 120_000

/** Runs redis-cli to its end. It is killed, and fails, when that takes more than two minutes. */
export function runRedisCli(words: readonly string[], input = ''): Promise<CliOutcome> {
  return new Promise((resolve, reject) => {
    const child = spawn('redis-cli', words, {
      stdio: ['pipe', 'pipe', 'pipe'],
      timeout: PATIENCE_MS,
      killSignal: 'SIGKILL',
    })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        output += chunk.toString('utf8')
      })
    }
    child.stdin.on('error', () => {})
    child.stdin.end(input)
    child.once('error', reject)
    child.once('close', (status) => resolve({ status, output: stripVTControlCharacters(output) }))
  })
}

/** Runs `redis-cli --cluster`. @throws Error with all that it printed when it fails. */
export async function manageCluster(...words: readonly string[]): Promise<string> {
  const { status, output } = await runRedisCli(['--cluster', ...words])
  if (status !== 0) throw new Error(`redis-cli --cluster ${words.join(' ')} ended with ${status}:\n${output}`)
  return output
}
