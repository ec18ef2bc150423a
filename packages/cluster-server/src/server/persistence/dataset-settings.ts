import { join, resolve } from 'node:path'
import type { ServerState } from '../../commands/context.js'
import type { SavedPoint } from '../../commands/replication-state.js'
import { functionsOf } from '../../commands/scripting/function-libraries.js'
import { loadHost } from '../../commands/scripting/load-host.js'
import type { ConfigReader } from '../../commands/settings.js'
import { hashLimits, setLimits, sortedSetLimits } from '../../commands/value-limits.js'
import { REPORTED_VERSION } from '../../commands/version.js'
import { CommandForm } from '../../persistence/command-form.js'
import type { DatasetForm } from '../../persistence/dataset-form.js'
import type { LogBaseKind } from '../../persistence/log-manifest.js'
import { type DatasetFormat, type DatasetHeader, RdbForm } from '../../persistence/rdb-form.js'
import type { ValueLimits } from '../../persistence/value-decoder.js'
import { WireError } from '../../wire-errors.js'

/** A rule of the setting `save`: after so many seconds, if there were so many changes. */
export interface SavePoint {
  readonly seconds: number
  readonly changes: number
}

/** The rules of the setting `save`. */
export const savePointsOf = (config: ConfigReader): readonly SavePoint[] => {
  const words = config.text('save').split(' ').filter(Boolean)
  return words.flatMap((word, at) => (at % 2 === 0 ? [{ seconds: Number(word), changes: Number(words[at + 1]) }] : []))
}

/** The file that holds the data. */
export const datasetPath = (config: ConfigReader): string => join(directoryOf(config), config.text('dbfilename'))

/** A file beside it, for a save that is not complete. `ordinal` tells those of one process apart. */
export const temporaryPath = (config: ConfigReader, ordinal: number, pid = process.pid): string =>
  join(directoryOf(config), `temp-${pid}${ordinal === 0 ? '' : `.${ordinal}`}.rdb`)

const directoryOf = (config: ConfigReader): string => resolve(config.text('dir'))

/** How data are written, by the configuration of this moment. */
export const datasetFormat = (config: ConfigReader): DatasetFormat => {
  const policy = config.text('maxmemory-policy')
  return {
    compresses: config.flag('rdbcompression'),
    checksums: config.flag('rdbchecksum'),
    listNodeLimit: config.number('list-max-listpack-size'),
    usage: policy.endsWith('lru') ? 'idle' : policy.endsWith('lfu') ? 'frequency' : null,
  }
}

/** Up to which size values that are read take their small forms, by the configuration of this moment. */
export const loadLimits = (config: ConfigReader): ValueLimits => ({
  hash: hashLimits(config),
  set: setLimits(config),
  sortedSet: sortedSetLimits(config),
})

/** Where the data are in their history. */
const pointFields = (point: SavedPoint | null): readonly (readonly [string, string])[] =>
  point === null
    ? []
    : [
        ['repl-stream-db', String(point.databaseIndex)],
        ['repl-id', point.replicationId],
        ['repl-offset', String(point.offset)],
      ]

/** What stands before the keys of a file, which is either all data or the base of a log. */
export const datasetHeader = (
  server: ServerState,
  purpose: 'snapshot' | 'logBase',
  point: SavedPoint | null = null,
): DatasetHeader => ({
  auxiliary: [
    ['redis-ver', REPORTED_VERSION],
    ['redis-bits', '64'],
    ['ctime', String(Math.floor(server.clock.nowMs() / 1000))],
    ['used-mem', String(process.memoryUsage().heapUsed)],
    ...pointFields(point),
    ['aof-base', purpose === 'logBase' ? '1' : '0'],
  ],
  functions: functionsOf(server).sources(),
})

/** In which form a base of the log is written: what `aof-use-rdb-preamble` asks for. */
export const logBaseForm = (server: ServerState, kind: LogBaseKind): DatasetForm => {
  const { config, clock } = server
  if (kind === 'rdb') return new RdbForm(datasetFormat(config), datasetHeader(server, 'logBase'))
  const writtenAt = config.flag('aof-timestamp-enabled') ? Math.floor(clock.nowMs() / 1000) : null
  return new CommandForm({ functions: functionsOf(server).sources(), writtenAt })
}

/** Loads a function library from a file. @returns why it cannot be used, or null */
export const addLibrary = (server: ServerState, source: string, replaces: boolean): string | null => {
  const outcome = functionsOf(server).load(source, loadHost(server, true), replaces)
  return outcome instanceof WireError ? outcome.message.replace(/^ERR /, '') : null
}

/** Removes all function libraries. */
export const clearLibraries = (server: ServerState): void => {
  if (functionsOf(server).libraryCount > 0) functionsOf(server).clear()
}
