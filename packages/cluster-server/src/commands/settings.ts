import type { WireError } from '../wire-errors.js'

/** Settings by the names of redis.conf. */
export interface ConfigReader {
  number(name: string): number
  text(name: string): string
  flag(name: string): boolean
}

/** The settings as CONFIG sees them. */
export interface Settings extends ConfigReader {
  /** Names and texts of the settings that match one of the glob patterns, each once. */
  match(patterns: readonly string[]): readonly (readonly [name: string, text: string])[]
  /** Changes all of `pairs` (name, text alternating) or none. @returns Redis' error text when one is refused. */
  change(pairs: readonly string[]): WireError | null
}
