import type { WireError } from '../wire-errors.js'

/**
 * What a command answers, independent of the protocol version. Text is latin1 throughout: one character is one byte.
 *
 * | value           | RESP2               | RESP3            |
 * |-----------------|---------------------|------------------|
 * | `string`        | bulk string         | bulk string      |
 * | `number`,`bigint` | integer           | integer          |
 * | `null`          | null bulk `$-1`     | null `_`         |
 * | `NULL_ARRAY`    | null array `*-1`    | null `_`         |
 * | `Status`        | simple string       | simple string    |
 * | `WireError`     | error               | error            |
 * | array           | array               | array            |
 * | `MapReply`      | flat array          | map              |
 * | `SetReply`      | array               | set              |
 * | `DoubleReply`   | bulk string         | double           |
 * | `BooleanReply`  | integer 1 / 0       | boolean          |
 * | `VerbatimReply` | bulk string         | verbatim string  |
 * | `BigNumberReply` | bulk string        | big number       |
 * | `PushReply`     | array               | push             |
 * | `EncodedReply`  | its text            | its text         |
 * | `NO_REPLY`      | nothing             | nothing          |
 */
export type Reply =
  | string
  | number
  | bigint
  | null
  | typeof NULL_ARRAY
  | typeof NO_REPLY
  | Status
  | WireError
  | MapReply
  | SetReply
  | DoubleReply
  | BooleanReply
  | VerbatimReply
  | BigNumberReply
  | PushReply
  | EncodedReply
  | readonly Reply[]

export const NULL_ARRAY: unique symbol = Symbol('null array')
export const NO_REPLY: unique symbol = Symbol('no reply')

/** A simple string such as `OK`. */
export class Status {
  /** Its latin1 text on the wire. */
  readonly encoded: string

  constructor(readonly text: string) {
    this.encoded = `+${text}\r\n`
  }
}
export const OK = new Status('OK')
export const QUEUED = new Status('QUEUED')
export const PONG = new Status('PONG')

/** Keys and values alternate in `entries`. */
export class MapReply {
  constructor(readonly entries: readonly Reply[]) {}
}

export class SetReply {
  constructor(readonly members: readonly Reply[]) {}
}

export class DoubleReply {
  /** `text` is how it is printed, where that is not with the 17 significant digits of a score. */
  constructor(
    readonly value: number,
    readonly text?: string,
  ) {}
}

export class BooleanReply {
  constructor(readonly value: boolean) {}
}

/** `format` has three letters: `txt` or `mkd`. */
export class VerbatimReply {
  constructor(
    readonly format: string,
    readonly text: string,
  ) {}
}

/** An integer of any size, as decimal text. */
export class BigNumberReply {
  constructor(readonly digits: string) {}
}

/** Out-of-band data: pub/sub messages and invalidations. */
export class PushReply {
  constructor(readonly items: readonly Reply[]) {}
}

/** A reply in the protocol that was in force when it was made. */
export class EncodedReply {
  constructor(readonly text: string) {}
}
