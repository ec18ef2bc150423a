import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import type { ChangeCircumstances, Settings } from '../commands/settings.js'
import { matchesGlob } from '../glob.js'
import { detach } from '../keyspace/detach.js'
import { type WireError, wireError } from '../wire-errors.js'
import { type FileSetting, rewriteConfigText } from './config-file.js'
import { type SettingDefinition, settingTable } from './setting-table.js'

const LOADING = wireError('LOADING Redis is loading the dataset in memory')
const NO_FILE = wireError('ERR The server is running without a config file')

class Setting {
  #value: string
  /** The value as a number, worked out once: handlers ask for it with every command. */
  #number: number

  constructor(
    readonly name: string,
    readonly definition: SettingDefinition,
  ) {
    this.#value = definition.initial
    this.#number = Number(definition.initial)
  }

  get value(): string {
    return this.#value
  }

  set value(text: string) {
    this.#value = text
    this.#number = Number(text)
  }

  get number(): number {
    return this.#number
  }
}

/** A setting that cannot be used; the message names it and its value. */
export class SettingError extends Error {
  override readonly name = 'SettingError'
}

/** The settings of a node, by the names of redis.conf and their older aliases. */
export class Config implements Settings {
  readonly #settings = new Map<string, Setting>()
  #users: () => readonly string[] = () => []
  readonly #listeners = new Set<(names: readonly string[]) => void>()
  readonly #appliers = new Map<string, () => string | null>()
  readonly #provided = new Map<Setting, () => string>()
  /** The file that the settings come from, and that CONFIG REWRITE writes; empty without one. */
  file = ''
  /** Grows with each change, so that readers know when to look again. */
  version = 0

  /**
   * @param initial Settings by name; the others have Redis' defaults.
   * @throws SettingError for a name that is not known, or a text that the setting refuses.
   */
  constructor(initial: Readonly<Record<string, string | number | boolean>> = {}) {
    const table = settingTable((name) => this.text(name))
    for (const [name, definition] of Object.entries(table)) {
      const setting = new Setting(name, definition)
      for (const spelling of [name, ...(definition.aliases ?? [])]) this.#settings.set(spelling, setting)
    }
    for (const [name, value] of Object.entries(initial)) this.#initialise(name.toLowerCase(), asText(value))
  }

  /** Whether there is such a setting. */
  has(name: string): boolean {
    return this.#settings.has(name)
  }

  /** Whether a line of a file may give the setting several words. */
  takesSeveral(name: string): boolean {
    return this.#settings.get(name)?.definition.takesSeveral ?? false
  }

  /** Why the setting `name` refuses `text`, in Redis' words; null when it takes it, or does not exist. */
  refusalOf(name: string, text: string): string | null {
    const parsed = this.#settings.get(name)?.definition.kind.parse(text)
    return parsed !== undefined && 'refusal' in parsed ? parsed.refusal : null
  }

  text(name: string): string {
    return this.#find(name).value
  }

  number(name: string): number {
    return this.#find(name).number
  }

  flag(name: string): boolean {
    return this.text(name) === 'yes'
  }

  match(patterns: readonly string[]): readonly (readonly [string, string])[] {
    const found = new Map<string, string>()
    for (const pattern of patterns) {
      if (!/[[*?]/.test(pattern)) {
        const name = pattern.toLowerCase()
        // Redis answers the name as it was asked for.
        if (this.#settings.has(name) && !found.has(name)) found.set(name, pattern)
        continue
      }
      for (const [name, { definition }] of this.#settings) {
        if (!definition.hidden && !found.has(name) && matchesGlob(pattern, name, true)) found.set(name, name)
      }
    }
    return [...found].map(([name, asked]) => [asked, this.#shown(name)] as const)
  }

  isSecret(name: string): boolean {
    return this.#settings.get(name.toLowerCase())?.definition.secret ?? false
  }

  change(pairs: readonly string[], { takesGuarded, isLoading }: ChangeCircumstances): WireError | null {
    const changes: (readonly [Setting, string])[] = []
    const names = new Set<string>()
    for (let i = 0; i < pairs.length; i += 2) {
      const given = pairs[i] ?? ''
      const setting = this.#settings.get(given.toLowerCase())
      if (setting === undefined) {
        return wireError(`ERR Unknown option or number of arguments for CONFIG SET - '${given}'`)
      }
      const { immutable, guarded, waitsForData } = setting.definition
      if (immutable) return refused(given, "can't set immutable config")
      if (guarded && !takesGuarded) return refused(given, "can't set protected config")
      if (waitsForData && isLoading) return LOADING
      // Redis takes a setting under an older name for another one.
      if (names.has(given.toLowerCase())) return refused(given, 'duplicate parameter')
      names.add(given.toLowerCase())
      changes.push([setting, pairs[i + 1] ?? ''])
    }
    const before = changes.map(([setting]) => [setting, setting.value] as const)
    for (const [setting, text] of changes) {
      const parsed = setting.definition.kind.parse(text)
      if ('refusal' in parsed) {
        for (const [each, value] of before) each.value = value
        return refused(setting.name, parsed.refusal)
      }
      setting.value = detach(parsed.value)
    }
    const refusal = this.#apply(before)
    if (refusal !== null) return refusal
    this.#tell(before.map(([{ name }]) => name))
    return null
  }

  /** Puts changed settings into effect; when one cannot be, all have their old values again, and are put into effect. */
  #apply(before: readonly (readonly [Setting, string])[]): WireError | null {
    const applied: (() => string | null)[] = []
    for (const [setting, old] of before) {
      const apply = this.#appliers.get(setting.name)
      if (apply === undefined || setting.value === old || applied.includes(apply)) continue
      this.version++
      const refusal = apply()
      applied.push(apply)
      if (refusal === null) continue
      for (const [each, value] of before) each.value = value
      this.version++
      for (const again of applied) again()
      return refused(setting.name, refusal)
    }
    return null
  }

  #tell(names: readonly string[]): void {
    this.version++
    for (const listener of this.#listeners) listener(names)
  }

  /**
   * Calls `apply` when one of `names` was changed by CONFIG SET, before anybody hears of it; it answers why the new values
   * cannot be put into effect, or null. It is called again with the old values then.
   */
  onApply(names: readonly string[], apply: () => string | null): void {
    for (const name of names) this.#appliers.set(name, apply)
  }

  /** From now on `name` has the value that `read` finds, for CONFIG GET and the file. */
  provide(name: string, read: () => string): void {
    const setting = this.#settings.get(name)
    if (setting !== undefined) this.#provided.set(setting, read)
  }

  /** From now on the file has the lines that `read` finds as its `user` directives. */
  provideUsers(read: () => readonly string[]): void {
    this.#users = read
  }

  rewrite(includesDefaults: boolean): WireError | null {
    if (this.file === '') return NO_FILE
    try {
      const old = existsSync(this.file) ? readFileSync(this.file, 'latin1') : ''
      const temporary = `${this.file}.${process.pid}.tmp`
      writeFileSync(temporary, rewriteConfigText(old, this.#fileSettings(includesDefaults)), {
        encoding: 'latin1',
        flush: true,
      })
      renameSync(temporary, this.file)
      return null
    } catch (error) {
      return wireError(`ERR Rewriting config file: ${error instanceof Error ? error.message : String(error)}`)
    }
  }

  #fileSettings(includesDefaults: boolean): FileSetting[] {
    const users = this.#users().map((line) => ({ text: line.slice('user '.length), isForced: true }))
    const settings = [...new Set(this.#settings.values())].map(({ definition, name }): FileSetting => {
      const { kind, initial, alwaysInFile = false, aliases = [] } = definition
      const linesOf = (value: string): readonly string[] => kind.lines?.(value) ?? [value]
      const usual = linesOf(initial)
      // A node of a cluster is told by its nodes.conf whom it follows, and does not start with this.
      const isLeftOut = name === 'replicaof' && this.flag('cluster-enabled')
      const lines = (isLeftOut ? [] : linesOf(this.#shown(name))).map((text, index) => ({
        text,
        isForced: includesDefaults || alwaysInFile || text !== usual[index],
      }))
      return { name, aliases, lines }
    })
    return [...settings, { name: 'user', aliases: [], lines: users }]
  }

  #shown(name: string): string {
    const setting = this.#find(name)
    return this.#provided.get(setting)?.() ?? setting.value
  }

  /** Calls back after each change. @returns a function that removes the listener. */
  onChange(listener: (names: readonly string[]) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Sets what the node found out by itself, such as the free port that it was given. */
  assign(name: string, value: string): void {
    this.#initialise(name, value)
    this.version++
  }

  #find(name: string): Setting {
    const setting = this.#settings.get(name)
    if (setting === undefined) throw new SettingError(`There is no setting '${name}'.`)
    return setting
  }

  #initialise(name: string, text: string): void {
    const setting = this.#settings.get(name)
    if (setting === undefined) throw new SettingError(`There is no setting '${name}' (its value is '${text}').`)
    const parsed = setting.definition.kind.parse(text)
    if ('refusal' in parsed) throw new SettingError(`The setting '${name}' cannot be '${text}': ${parsed.refusal}.`)
    setting.value = parsed.value
  }
}

const asText = (value: string | number | boolean): string =>
  typeof value === 'boolean' ? (value ? 'yes' : 'no') : String(value)

const refused = (name: string, reason: string): WireError =>
  wireError(`ERR CONFIG SET failed (possibly related to argument '${name}') - ${reason}`)
