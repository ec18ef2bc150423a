import { readFileSync } from 'node:fs'
import type { RuleContext } from '../../acl/rule.js'
import { allCommands } from '../../commands/table.js'
import { REPORTED_VERSION } from '../../commands/version.js'
import { catalogueOf } from '../../dispatch/command-catalogue.js'
import { CommandNames, RENAMING_TEXTS, type Renaming } from '../../dispatch/renamed-commands.js'
import { splitInlineCommand } from '../../resp/inline-command.js'
import { Config } from '../config.js'
import { refusalOfUser, type UserDirective } from '../configured-users.js'
import { ConfigurationError } from './config-error.js'
import { ADDING_UP, isKnownDirective, isUnsupported, isWithoutEffect, saysNothing } from './directives.js'
import { expandFilePattern } from './file-pattern.js'

/** Where lines of configuration come from; later ones win. */
export interface ConfigurationSources {
  readonly configFile: string | null
  /** What standard input said; null when it is not read. */
  readonly standardInput: string | null
  readonly options: string
}

/** What the sources say together. */
export interface Configuration {
  /** By the names of redis.conf, checked. */
  readonly settings: Readonly<Record<string, string>>
  /** Names of settings that Redis has and that change nothing here. */
  readonly withoutEffect: readonly string[]
  readonly renamedCommands: readonly Renaming[]
  readonly users: readonly UserDirective[]
}

/** A file that includes itself would never end. */
const DEEPEST_INCLUDE = 16

/**
 * Reads a configuration as redis-server does: line by line, `#` begins a comment, words may be quoted, `include` reads
 * another file (or all that match a pattern) at its place.
 * @throws ConfigurationError that names the line and its text, or the file that cannot be read
 */
export const loadConfiguration = (sources: ConfigurationSources): Configuration => {
  const reader = new ConfigurationReader()
  const { configFile, standardInput, options } = sources
  const text = (configFile === null ? '' : readFiles(configFile)) + (standardInput ?? '')
  reader.read(`${text}\n${options}`)
  return reader.finish()
}

class ConfigurationReader {
  readonly #settings = new Map<string, string>()
  readonly #withoutEffect = new Set<string>()
  readonly #config = new Config()
  readonly #commands = new CommandNames(allCommands)
  readonly #renamings: Renaming[] = []
  readonly #users = new Map<string, UserDirective>()
  #rules: RuleContext | null = null
  #depth = 0

  read(text: string): void {
    text.split('\n').forEach((raw, index) => {
      const line = raw.trim()
      if (line === '' || line.startsWith('#')) return
      const complaint = this.#readLine(line)
      if (complaint !== null) throw atLine(index + 1, line, complaint)
    })
  }

  finish(): Configuration {
    const settings = Object.fromEntries(this.#settings)
    const follows = settings.replicaof ?? settings.slaveof ?? ''
    if (settings['cluster-enabled'] === 'yes' && follows !== '') {
      throw new ConfigurationError(`${heading()}replicaof directive not allowed in cluster mode\n`)
    }
    return {
      settings,
      withoutEffect: [...this.#withoutEffect],
      renamedCommands: this.#renamings,
      users: [...this.#users.values()],
    }
  }

  /** @returns why the line is refused, or null */
  #readLine(line: string): string | null {
    let words: readonly string[]
    try {
      words = splitInlineCommand(line)
    } catch {
      return 'Unbalanced quotes in configuration line'
    }
    const name = words[0]?.toLowerCase() ?? ''
    const values = words.slice(1)
    if (isUnsupported(name)) return saysNothing(values) ? null : `'${name}' is not supported by this server`
    if (isWithoutEffect(name)) this.#withoutEffect.add(name)
    if (this.#config.has(name)) return this.#readSetting(name, values)
    if (name === 'rename-command' && values.length === 2) return this.#renameCommand(values[0] ?? '', values[1] ?? '')
    if (name === 'user' && values.length >= 1) return this.#readUser(values)
    if (name === 'include' && values.length === 1) return this.#include(values[0] ?? '')
    return isKnownDirective(name) ? null : 'Bad directive or wrong number of arguments'
  }

  #renameCommand(from: string, to: string): string | null {
    const fault = this.#commands.rename([from, to])
    if (fault !== null) return RENAMING_TEXTS[fault]
    this.#renamings.push([from, to])
    return null
  }

  #readUser(directive: UserDirective): string | null {
    const [name = ''] = directive
    this.#rules ??= { commands: catalogueOf(allCommands), opensChannels: false, warn: () => {} }
    const refusal = refusalOfUser(directive, this.#rules, this.#users.has(name))
    if (refusal === null) this.#users.set(name, directive)
    return refusal
  }

  #include(pattern: string): string | null {
    if (this.#depth === DEEPEST_INCLUDE) return `include nests deeper than ${DEEPEST_INCLUDE} files`
    this.#depth++
    this.read(readFiles(pattern))
    this.#depth--
    return null
  }

  #readSetting(name: string, values: readonly string[]): string | null {
    const takesSeveral = this.#config.takesSeveral(name)
    if (!takesSeveral && values.length !== 1) return 'wrong number of arguments'
    const text = values.join(' ')
    const refusal = this.#config.refusalOf(name, text) ?? refusalOfPrimary(name, text)
    if (refusal !== null) return refusal
    const before = this.#settings.get(name)
    const adds = ADDING_UP.has(name) && before !== undefined && before !== '' && text !== ''
    this.#settings.set(name, adds ? `${before} ${text}` : this.#normalised(name, text))
    return null
  }

  /** Flags are compared later; every other value stays as it was written. */
  #normalised(name: string, text: string): string {
    return name === 'cluster-enabled' ? text.toLowerCase() : text
  }
}

/** A primary is a host and a port, or `no one`. */
const refusalOfPrimary = (name: string, text: string): string | null => {
  if (name !== 'replicaof' && name !== 'slaveof') return null
  const words = splitInlineCommand(text)
  const [host, port = ''] = words
  if (words.length !== 2) return 'wrong number of arguments'
  if (host?.toLowerCase() === 'no' && port.toLowerCase() === 'one') return null
  return /^\d{1,5}$/.test(port) && Number(port) <= 65_535 ? null : 'Invalid master port'
}

const heading = (): string => `\n*** FATAL CONFIG FILE ERROR (ActiveRedis, Redis ${REPORTED_VERSION}) ***\n`

const atLine = (number: number, line: string, complaint: string): ConfigurationError =>
  new ConfigurationError(`${heading()}Reading the configuration file, at line ${number}\n>>> '${line}'\n${complaint}\n`)

const readFiles = (pattern: string): string => expandFilePattern(pattern).map(readFile).join('')

/** latin1, so that every byte of a password stays what it is. */
const readFile = (path: string): string => {
  try {
    return readFileSync(path, 'latin1')
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new ConfigurationError(`Fatal error, can't open config file '${path}': ${reason}\n`, { cause: error })
  }
}
