import { settingsWithoutEffect } from '../settings-without-effect.js'

/** Settings whose lines add up instead of replacing each other. */
export const ADDING_UP: ReadonlySet<string> = new Set(['client-output-buffer-limit', 'save'])

/** Directives of Redis 7.0.15 that promise what this server cannot keep: it refuses to start with them. */
const UNSUPPORTED: ReadonlySet<string> = new Set([
  'loadmodule',
  'sentinel',
  'tls-cluster',
  'tls-port',
  'tls-replication',
])

/** Directives that Redis 7.0.15 still reads, and does nothing with. */
const DEPRECATED: ReadonlySet<string> = new Set([
  'list-max-ziplist-entries',
  'list-max-ziplist-value',
  'lua-replicate-commands',
])

/** Whether the server refuses to start with a directive, unless its value says that it is not wanted. */
export const isUnsupported = (name: string): boolean => UNSUPPORTED.has(name)

/** Whether a directive changes nothing here. */
export const isWithoutEffect = (name: string): boolean => NAMES_WITHOUT_EFFECT.has(name) || DEPRECATED.has(name)

/** Whether a directive that is no setting may stand in a file all the same. */
export const isKnownDirective = (name: string): boolean => DEPRECATED.has(name)

const NAMES_WITHOUT_EFFECT: ReadonlySet<string> = new Set(
  Object.entries(settingsWithoutEffect).flatMap(([name, { aliases = [] }]) => [name, ...aliases]),
)

/** Values with which an unsupported directive only says that it is not wanted. */
export const saysNothing = (values: readonly string[]): boolean =>
  values.length === 1 && ['', '0', 'no'].includes(values[0]?.toLowerCase() ?? '')
