import type { MaintenanceProgress } from '../repositories/indexed/maintenance/maintenance-options.js'
import type { MigrationProgress } from '../repositories/migration/migrate-records.js'
import type { CliCommand } from './cli-command.js'
import type { LoadedModel } from './load-models.js'
import type { ProgressLine } from './progress-line.js'
import { buildText, inspectionText, migrationText, pruneText, statusText } from './report-text.js'

/** How a command on one model ended. */
export interface CommandResult {
  /** For `--json`. */
  readonly report: object
  /** For a person. */
  readonly text: string
  /** False: something is not as it should be, which the exit code says. */
  readonly isGood: boolean
}

/** What a run is given besides its command. */
export interface RunContext {
  readonly signal: AbortSignal
  readonly progress: ProgressLine
  /** Told the place at which an interrupted run can be resumed, and what was found so far, which another run will not tell. */
  readonly onToken: (token: string, findings: number) => void
}

type ModelCommand = Extract<CliCommand, { readonly type: 'index' | 'migrate' }>

/** Carries out a command on one model. */
export async function runCommand(
  model: LoadedModel,
  command: ModelCommand,
  context: RunContext,
): Promise<CommandResult> {
  return command.type === 'index' ? runIndex(model, command, context) : runMigration(model, command, context)
}

async function runIndex(
  { index, name }: LoadedModel,
  command: Extract<CliCommand, { readonly type: 'index' }>,
  context: RunContext,
): Promise<CommandResult> {
  const { signal } = context
  const options = {
    signal,
    ...(command.batchSize !== null && { batchSize: command.batchSize }),
    ...(command.resume !== null && { resume: command.resume }),
    scanKeys: command.scanKeys,
    onProgress: (progress: MaintenanceProgress) => {
      const { partition, partitions, records, entries, findings, mended } = progress
      if (command.action !== 'rebuild') context.onToken(progress.token, findings)
      const wrong = `${findings > 0 ? `, ${findings} findings` : ''}${mended > 0 ? `, ${mended} mended` : ''}`
      const seen = `${records} records, ${entries} entries${wrong}`
      context.progress.show((partition - 1) / partitions, `${name} ${partition}/${partitions}: ${seen}`)
    },
  }
  switch (command.action) {
    case 'status': {
      const report = await index.status()
      return { report, text: statusText(report), isGood: report.isReady }
    }
    case 'verify': {
      const report = await index.verify(options)
      return { report, text: inspectionText(report), isGood: report.isClean }
    }
    case 'repair':
    case 'rebuild': {
      const report = await (command.action === 'repair' ? index.repair(options) : index.rebuild(options))
      return { report, text: inspectionText(report), isGood: report.notReady.length === 0 }
    }
    case 'build': {
      const report = await index.build(options)
      return { report, text: buildText(report), isGood: true }
    }
    case 'prune': {
      const report = await index.prune(options)
      return { report, text: pruneText(report), isGood: report.inUse === 0 }
    }
    case 'sweep': {
      const removed = await index.sweep({ signal, ...(command.limit !== null && { limit: command.limit }) })
      const text = `${name}: ${removed} expired ${removed === 1 ? 'record' : 'records'} removed`
      return { report: { model: name, removed }, text, isGood: true }
    }
    default:
      throw new TypeError(`Unknown action: ${String(command.action satisfies never)}`)
  }
}

async function runMigration(
  model: LoadedModel,
  command: Extract<CliCommand, { readonly type: 'migrate' }>,
  { signal, progress }: RunContext,
): Promise<CommandResult> {
  const { from, dryRun, finish, batchSize, waitReplicas } = command
  const report = await model.migrate({
    from,
    dryRun,
    finish,
    signal,
    ...(batchSize !== null && { batchSize }),
    ...(waitReplicas !== null && { waitReplicas }),
    onProgress: ({ moved, seen, expected, pass }: MigrationProgress) => {
      const part = expected === 0 ? 1 : seen / expected
      const done = dryRun ? '' : `${moved} moved, `
      progress.show(part, `${model.name}: ${done}${seen} of ${expected} seen in pass ${pass}`)
    },
  })
  return {
    report,
    text: migrationText(report, finish),
    isGood: report.left === 0 || (dryRun && report.failures.length === 0),
  }
}
