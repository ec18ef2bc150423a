import type { WireError } from '../wire-errors.js'

/** Settings by the names of redis.conf. */
export interface ConfigReader {
  number(name: string): number
  text(name: string): string
  flag(name: string): boolean
}

/** What CONFIG SET may change at this moment. */
export interface ChangeCircumstances {
  /** Also what needs `enable-protected-configs`. */
  readonly takesGuarded: boolean
  /** Data are being loaded: where they come from stays as it is. */
  readonly isLoading: boolean
}

/** The settings as CONFIG sees them. */
export interface Settings extends ConfigReader {
  /** Names and texts of the settings that match one of the glob patterns, each once; a hidden one only by its full name. */
  match(patterns: readonly string[]): readonly (readonly [name: string, text: string])[]
  /**
   * Changes all of `pairs` (name, text alternating) or none.
   * @returns Redis' error text when one is refused.
   */
  change(pairs: readonly string[], circumstances: ChangeCircumstances): WireError | null
  /** Whether the value of `name` is not to be shown in logs. */
  isSecret(name: string): boolean
  /** Writes the settings to the file that they came from. @returns why not, or null. */
  rewrite(includesDefaults: boolean): WireError | null
}
