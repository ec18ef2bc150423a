import type { WireError } from '../wire-errors.js'

/** Settings by the names of redis.conf. */
export interface ConfigReader {
  number(name: string): number
  text(name: string): string
  flag(name: string): boolean
}

/** The settings as CONFIG sees them. */
export interface Settings extends ConfigReader {
  /** Names and texts of the settings that match one of the glob patterns, each once; a hidden one only by its full name. */
  match(patterns: readonly string[]): readonly (readonly [name: string, text: string])[]
  /**
   * Changes all of `pairs` (name, text alternating) or none. `takesGuarded`: also those that need
   * `enable-protected-configs`.
   * @returns Redis' error text when one is refused.
   */
  change(pairs: readonly string[], takesGuarded: boolean): WireError | null
  /** Whether the value of `name` is not to be shown in logs. */
  isSecret(name: string): boolean
  /** Writes the settings to the file that they came from. @returns why not, or null. */
  rewrite(includesDefaults: boolean): WireError | null
}
