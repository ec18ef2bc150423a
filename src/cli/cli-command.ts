import { parseArgs } from 'node:util'
import { CliUsageError } from './cli-usage-error.js'

/** What can be done with the indexes of a model. */
export const indexActions = ['status', 'verify', 'repair', 'build', 'rebuild', 'prune', 'sweep'] as const

export type IndexAction = (typeof indexActions)[number]

/** What all commands have in common. */
export interface CommonOptions {
  /** The module of the models as it was given, a path or a package. */
  readonly module: string
  /** Names of exported models; null: all that the module exports. */
  readonly models: readonly string[] | null
  /** Connection URL for all models; null: what the module, or the environment, says. */
  readonly url: string | null
  /** One line of JSON for each model instead of text for people. */
  readonly json: boolean
  readonly batchSize: number | null
}

/** A call of the command line, checked. */
export type CliCommand =
  | { readonly type: 'help' }
  | { readonly type: 'version' }
  | (CommonOptions & {
      readonly type: 'index'
      readonly action: IndexAction
      readonly scanKeys: boolean
      readonly resume: string | null
      readonly limit: number | null
    })
  | (CommonOptions & {
      readonly type: 'migrate'
      readonly from: 'redis' | 'cluster' | { readonly partitions: number }
      readonly dryRun: boolean
      readonly finish: boolean
      /** Replicas that must have a record before it leaves the old layout; null: none is waited for. */
      readonly waitReplicas: number | null
    })

/** Reads the arguments behind `activeredis`. Throws `CliUsageError`. */
export function parseCommand(args: readonly string[]): CliCommand {
  const { values, positionals } = parsed(args)
  if (values.version === true) return { type: 'version' }
  const [command, ...rest] = positionals
  if (values.help === true || command === undefined || command === 'help') return { type: 'help' }
  if (command === 'index') {
    const [action, target, ...surplus] = rest
    if (!isIndexAction(action)) {
      throw new CliUsageError(`'activeredis index' needs one of ${indexActions.join(', ')}; got ${shown(action)}.`)
    }
    refuse(values, ['from', 'dry-run', 'finish', 'wait-replicas'], `index ${action}`)
    if (action !== 'sweep') refuse(values, ['limit'], `index ${action}`)
    if (!['verify', 'repair', 'rebuild'].includes(action)) refuse(values, ['scan-keys'], `index ${action}`)
    if (!['verify', 'repair', 'build', 'prune'].includes(action)) refuse(values, ['resume'], `index ${action}`)
    return {
      ...commonOptions(target, surplus, values),
      type: 'index',
      action,
      scanKeys: values['scan-keys'] === true,
      resume: values.resume ?? null,
      limit: wholeNumber('limit', values.limit),
    }
  }
  if (command === 'migrate') {
    const [target, ...surplus] = rest
    refuse(values, ['scan-keys', 'resume', 'limit'], 'migrate')
    if (values['dry-run'] === true && values.finish === true) {
      throw new CliUsageError('--dry-run and --finish exclude each other.')
    }
    return {
      ...commonOptions(target, surplus, values),
      type: 'migrate',
      from: originOf(values.from),
      dryRun: values['dry-run'] === true,
      finish: values.finish === true,
      waitReplicas: wholeNumber('wait-replicas', values['wait-replicas']),
    }
  }
  throw new CliUsageError(`There is no command ${shown(command)}; there are index and migrate.`)
}

const options = {
  url: { type: 'string' },
  json: { type: 'boolean' },
  'batch-size': { type: 'string' },
  'scan-keys': { type: 'boolean' },
  resume: { type: 'string' },
  limit: { type: 'string' },
  from: { type: 'string' },
  'dry-run': { type: 'boolean' },
  finish: { type: 'boolean' },
  'wait-replicas': { type: 'string' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'v' },
} as const

type Values = ReturnType<typeof parsed>['values']

function parsed(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true })
  } catch (cause) {
    throw new CliUsageError(cause instanceof Error ? cause.message : String(cause), { cause })
  }
}

function commonOptions(target: string | undefined, surplus: readonly string[], values: Values): CommonOptions {
  if (target === undefined) throw new CliUsageError('A module is missing: ./dist/models.js#Visit')
  if (surplus.length > 0) throw new CliUsageError(`There is an argument too many: ${shown(surplus[0])}.`)
  const hash = target.lastIndexOf('#')
  const module = hash < 0 ? target : target.slice(0, hash)
  const names = hash < 0 ? null : target.slice(hash + 1).split(',')
  if (module === '' || names?.includes('')) {
    throw new CliUsageError(`${shown(target)} names no module and model; expected ./dist/models.js#Visit`)
  }
  return {
    module,
    models: names,
    url: values.url ?? null,
    json: values.json === true,
    batchSize: wholeNumber('batch-size', values['batch-size']),
  }
}

function originOf(from: string | undefined): 'redis' | 'cluster' | { readonly partitions: number } {
  if (from === 'redis' || from === 'cluster') return from
  const partitions = from === undefined ? Number.NaN : Number(from)
  if (Number.isInteger(partitions) && partitions > 0) return { partitions }
  throw new CliUsageError(`--from is ${shown(from)}; expected redis, cluster or a number of partitions.`)
}

function refuse(values: Values, names: readonly (keyof Values)[], command: string): void {
  for (const name of names) {
    if (values[name] !== undefined) throw new CliUsageError(`'activeredis ${command}' takes no --${name}.`)
  }
}

function wholeNumber(name: string, text: string | undefined): number | null {
  if (text === undefined) return null
  const value = Number(text)
  if (text.trim() !== '' && Number.isSafeInteger(value) && value > 0) return value
  throw new CliUsageError(`--${name} is ${shown(text)}; expected a positive whole number.`)
}

function isIndexAction(action: string | undefined): action is IndexAction {
  return indexActions.some((known) => known === action)
}

function shown(text: string | undefined): string {
  return text === undefined ? 'nothing' : `'${text}'`
}
