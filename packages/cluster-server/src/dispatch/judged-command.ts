import type { KnownCommand } from '../acl/command-catalogue.js'
import { type JudgedChannel, type JudgedKey, type JudgedRequest, permissionsFor } from '../acl/permission.js'
import type { Command } from '../commands/command.js'
import { findKeys } from '../commands/keys-of-command.js'

/** A command with its words, whose keys and channels are looked for when a rule asks for them. */
export class JudgedCommand implements JudgedRequest {
  readonly #definition: Command
  #keys: readonly JudgedKey[] | null = null
  #channels: readonly JudgedChannel[] | null = null

  constructor(
    readonly command: KnownCommand,
    definition: Command,
    readonly argv: readonly string[],
  ) {
    this.#definition = definition
  }

  get keys(): readonly JudgedKey[] {
    this.#keys ??= (findKeys(this.#definition, this.argv) ?? [])
      .filter(({ flags }) => !flags.includes('not_key'))
      .map(({ index, flags }) => ({ index, permissions: permissionsFor(flags) }))
    return this.#keys
  }

  get channels(): readonly JudgedChannel[] {
    this.#channels ??= this.#findChannels()
    return this.#channels
  }

  #findChannels(): readonly JudgedChannel[] {
    const { channels } = this.#definition
    if (channels === undefined) return []
    const end = channels.reach === 'one' ? 2 : this.argv.length
    const isPattern = channels.arePatterns ?? false
    return Array.from({ length: Math.max(0, end - 1) }, (_, i) => ({ index: i + 1, isPattern }))
  }
}
