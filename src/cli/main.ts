import { ConnectionManager } from '../connections/connection-manager.js'
import { ActiveRedisError } from '../errors/active-redis-error.js'
import { connections } from '../model/model-settings.js'
import { type CliCommand, parseCommand } from './cli-command.js'
import { CliUsageError } from './cli-usage-error.js'
import { helpText } from './help-text.js'
import { loadModels } from './load-models.js'
import { ProgressLine, type ProgressOutput } from './progress-line.js'
import { runCommand } from './run-command.js'

/** What the program ends with: all is well; something is not as it should be; wrong use; it could not be done; interrupted. */
export const exitCodes = { good: 0, findings: 1, usage: 2, failure: 3, interrupted: 130 } as const

/** What the program writes to, and how it is interrupted. */
export interface CliEnvironment {
  readonly stdout: { write(text: string): unknown }
  readonly stderr: ProgressOutput
  readonly signal: AbortSignal
  /** The version of the package. */
  readonly version: string
}

/** Runs the program `activeredis` with the arguments behind its name; returns its exit code. Throws nothing. */
export async function runCli(args: readonly string[], environment: CliEnvironment): Promise<number> {
  const { stdout, stderr, signal } = environment
  let goOn = ''
  const progress = new ProgressLine(stderr)
  const manager = new ConnectionManager()
  try {
    const command = parseCommand(args)
    if (command.type === 'help') {
      stdout.write(helpText)
      return exitCodes.good
    }
    if (command.type === 'version') {
      stdout.write(`${environment.version}\n`)
      return exitCodes.good
    }
    const models = await loadModels(command.module, command.models)
    if (command.url !== null) {
      manager.define('default', command.url)
      for (const model of models) model.useConnections({ connection: () => manager.connection() })
    }
    let isGood = true
    for (const [index, model] of models.entries()) {
      const rest = models.slice(index).map(({ name }) => name)
      goOn = hasOwnPlace(command) ? '; the same command goes on' : ''
      const context = {
        signal,
        progress: command.json ? new ProgressLine(null) : progress,
        onToken: (place: string, findings: number) => {
          const found = findings > 0 ? ` after ${findings} ${findings === 1 ? 'finding' : 'findings'}` : ''
          goOn = `${found}; go on with ${models.length > 1 ? `#${rest.join(',')} ` : ''}--resume ${place}`
        },
      }
      // A place is one of the first model.
      const own = command.type === 'index' && index > 0 ? { ...command, resume: null } : command
      const result = await runCommand(model, own, context)
      progress.clear()
      stdout.write(`${command.json ? JSON.stringify(result.report) : result.text}\n`)
      isGood = isGood && result.isGood
    }
    return isGood ? exitCodes.good : exitCodes.findings
  } catch (error) {
    progress.clear()
    if (signal.aborted) {
      stderr.write(`activeredis: interrupted${goOn}\n`)
      return exitCodes.interrupted
    }
    stderr.write(`activeredis: ${messageOf(error)}\n`)
    if (!(error instanceof CliUsageError)) return exitCodes.failure
    stderr.write('Say activeredis --help for what there is.\n')
    return exitCodes.usage
  } finally {
    await Promise.allSettled([manager.closeAll(), connections.closeAll()])
  }
}

/** Whether a command finds by itself where it was interrupted. */
function hasOwnPlace(command: Exclude<CliCommand, { readonly type: 'help' | 'version' }>): boolean {
  if (command.type === 'migrate') return !command.dryRun
  return !['status', 'verify', 'repair'].includes(command.action)
}

function messageOf(error: unknown): string {
  if (error instanceof ActiveRedisError || error instanceof CliUsageError) return error.message
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error)
}
