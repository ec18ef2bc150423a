import { existsSync } from 'node:fs'
import { isAbsolute, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { ConnectionResolver } from '../connections/connection.js'
import type { ModelIndex } from '../model/model-index.js'
import type { MigrationOptions, MigrationReport } from '../repositories/migration/migrate-records.js'
import { CliUsageError } from './cli-usage-error.js'

/**
 * A model class as the command line uses it: by its own statics, so that it may come from another copy of this package than
 * the command line itself.
 */
export interface LoadedModel {
  readonly name: string
  readonly index: ModelIndex
  migrate(options: MigrationOptions): Promise<MigrationReport>
  useConnections(resolver: ConnectionResolver): void
}

/**
 * Imports a module and brings the models that it exports, all or those that are named. Throws `CliUsageError` for a module
 * that cannot be loaded and for names that are no models of it.
 */
export async function loadModels(module: string, names: readonly string[] | null): Promise<readonly LoadedModel[]> {
  const exported = await importModule(module)
  if (names !== null) return names.map((name) => modelNamed(module, exported, name))
  const models = new Set([...exported.values()].filter(isModel))
  if (models.size === 0) throw new CliUsageError(`The module '${module}' exports no model.`)
  return [...models]
}

async function importModule(module: string): Promise<ReadonlyMap<string, unknown>> {
  const path = isAbsolute(module) ? module : resolve(module)
  const isFile = module.startsWith('.') || isAbsolute(module) || existsSync(path)
  if (isFile && !existsSync(path)) throw new CliUsageError(`There is no file '${path}'.`)
  if (isFile && /\.[cm]?tsx?$/.test(path)) {
    throw new CliUsageError(`'${module}' is TypeScript: give the compiled module, such as ./dist/models.js.`)
  }
  try {
    const loaded: unknown = await import(isFile ? pathToFileURL(path).href : module)
    const entries = typeof loaded === 'object' && loaded !== null ? Object.entries(loaded) : []
    const nested: unknown = entries.find(([name]) => name === 'default')?.[1]
    const fromCommonJs = typeof nested === 'object' && nested !== null ? Object.entries(nested) : []
    return new Map([...fromCommonJs, ...entries])
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new CliUsageError(`The module '${module}' could not be loaded: ${reason}`, { cause })
  }
}

function modelNamed(module: string, exported: ReadonlyMap<string, unknown>, name: string): LoadedModel {
  const found = exported.get(name)
  if (isModel(found)) return found
  const models = [...exported].filter(([, value]) => isModel(value)).map(([other]) => other)
  const known = models.length === 0 ? 'it exports no model' : `its models are ${models.join(', ')}`
  throw new CliUsageError(`The module '${module}' exports no model '${name}'; ${known}.`)
}

/** A class with the statics of a model, other than the bases of models, which store nothing. */
function isModel(value: unknown): value is LoadedModel {
  if (typeof value !== 'function' || !('migrate' in value) || !('useConnections' in value)) return false
  try {
    return 'index' in value && typeof value.index === 'object'
  } catch (error) {
    if (error instanceof Error && error.message.includes('it is the base of models')) return false
    throw error
  }
}
