import { createHash } from 'node:crypto'
import type { ModelSchema } from '../schema/model-schema.js'
import type { ConnectionSource } from './connection-source.js'
import { defineScript } from './define-script.js'
import { lua } from './lua.js'

/**
 * Names that callers claim for a while, so that those who are about to create the same record learn of each other: the first
 * claims the name for the id that it will use, and the others hear that id and use it too. Nobody waits, and the claim of
 * one who dies ends with its lease.
 */
export interface Claims {
  /**
   * Whether of two inserts with one id at the same time one is a duplicate. Where not, callers wait for the one who holds the
   * name, at most for his lease.
   */
  readonly isIdUnique: boolean
  /** The id that holds a name from now on: the given one if nobody did, which holds it for `leaseMs` at most. */
  claim(schema: ModelSchema, name: string, id: string, leaseMs: number): Promise<string>
  /** Ends the claim of an id; that of another one stays. */
  release(schema: ModelSchema, name: string, id: string): Promise<void>
}

/** Claims on a server: one key for each, `clm:<prefix>:{<digest of the name>}`, which expires. */
export class StoredClaims implements Claims {
  readonly isIdUnique: boolean
  readonly #connection: ConnectionSource

  constructor(connection: ConnectionSource, { isIdUnique }: { readonly isIdUnique: boolean }) {
    this.#connection = connection
    this.isIdUnique = isIdUnique
  }

  async claim(schema: ModelSchema, name: string, id: string, leaseMs: number): Promise<string> {
    const connection = await this.#connection()
    const args = [id, leaseMs]
    return String(await connection.send({ type: 'script', script: claimScript, keys: [claimKey(schema, name)], args }))
  }

  async release(schema: ModelSchema, name: string, id: string): Promise<void> {
    const connection = await this.#connection()
    await connection.send({ type: 'script', script: releaseScript, keys: [claimKey(schema, name)], args: [id] })
  }
}

/** Claims within this process. */
export class MemoryClaims implements Claims {
  readonly isIdUnique = true
  readonly #now: () => number
  readonly #held = new Map<string, { readonly id: string; readonly untilMs: number }>()

  constructor(now: () => number) {
    this.#now = now
  }

  async claim(schema: ModelSchema, name: string, id: string, leaseMs: number): Promise<string> {
    const key = claimKey(schema, name)
    const held = this.#held.get(key)
    if (held !== undefined && held.untilMs > this.#now()) return held.id
    this.#held.set(key, { id, untilMs: this.#now() + leaseMs })
    return id
  }

  async release(schema: ModelSchema, name: string, id: string): Promise<void> {
    const key = claimKey(schema, name)
    if (this.#held.get(key)?.id === id) this.#held.delete(key)
  }
}

function claimKey(schema: ModelSchema, name: string): string {
  return `clm:${schema.prefix}:{${createHash('sha256').update(name).digest('hex')}}`
}

/** Arguments: id, lease in ms. Returns the id that holds the key. */
const claimScript = defineScript(
  'claim',
  lua`
local held = redis.call('GET', KEYS[1])
if held then return held end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return ARGV[1]
`,
)

/** Argument: id. */
const releaseScript = defineScript(
  'release-claim',
  lua`
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 1
`,
)
