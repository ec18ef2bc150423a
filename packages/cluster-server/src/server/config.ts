import type { Settings } from '../commands/settings.js'
import { matchesGlob } from '../glob.js'
import { detach } from '../keyspace/detach.js'
import { type WireError, wireError } from '../wire-errors.js'
import { type SettingDefinition, settingTable } from './setting-table.js'

class Setting {
  #value: string
  /** The value as a number, worked out once: handlers ask for it with every command. */
  #number: number

  constructor(readonly definition: SettingDefinition) {
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
  readonly #listeners = new Set<(names: readonly string[]) => void>()
  /** Grows with each change, so that readers know when to look again. */
  version = 0

  /**
   * @param initial Settings by name; the others have Redis' defaults.
   * @throws SettingError for a name that is not known, or a text that the setting refuses.
   */
  constructor(initial: Readonly<Record<string, string | number | boolean>> = {}) {
    const table = settingTable((name) => this.text(name))
    for (const [name, definition] of Object.entries(table)) {
      const setting = new Setting(definition)
      for (const spelling of [name, ...(definition.aliases ?? [])]) this.#settings.set(spelling, setting)
    }
    for (const [name, value] of Object.entries(initial)) this.#initialise(name.toLowerCase(), asText(value))
  }

  /** Whether there is such a setting. */
  has(name: string): boolean {
    return this.#settings.has(name)
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
    const names = [...this.#settings.keys()].filter((name) =>
      patterns.some((pattern) => matchesGlob(pattern, name, true)),
    )
    return names.map((name) => [name, this.text(name)] as const)
  }

  change(pairs: readonly string[]): WireError | null {
    const changes = new Map<Setting, { readonly name: string; readonly text: string }>()
    for (let i = 0; i < pairs.length; i += 2) {
      const given = pairs[i] ?? ''
      const name = given.toLowerCase()
      const setting = this.#settings.get(name)
      if (setting === undefined) {
        return wireError(`ERR Unknown option or number of arguments for CONFIG SET - '${given}'`)
      }
      if (setting.definition.immutable) return refused(given, "can't set immutable config")
      if (changes.has(setting)) return refused(given, 'duplicate parameter')
      changes.set(setting, { name, text: pairs[i + 1] ?? '' })
    }
    const values = new Map<Setting, string>()
    for (const [setting, { name, text }] of changes) {
      const parsed = setting.definition.kind.parse(text)
      if ('refusal' in parsed) return refused(name, parsed.refusal)
      values.set(setting, parsed.value)
    }
    for (const [setting, value] of values) setting.value = detach(value)
    this.version++
    const names = [...changes.values()].map(({ name }) => name)
    for (const listener of this.#listeners) listener(names)
    return null
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
