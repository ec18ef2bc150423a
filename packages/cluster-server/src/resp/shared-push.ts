import type { Reply } from './reply.js'
import { PushReply } from './reply.js'
import { encodeReply } from './reply-encoder.js'

/** Output that waits for several sockets at once; who has the same object waits with the same text. */
export interface SharedOutput {
  readonly text: string
}

/** That of everybody who has nothing to say. */
export const NO_OUTPUT: SharedOutput = { text: '' }

/**
 * One message for many clients: encoded once for each version of the protocol, and put behind what waits for their
 * sockets once for all who wait with the same text. It is made into one flat string for all of them, too.
 */
export class SharedPush {
  readonly #reply: PushReply
  readonly #texts: [two: string | null, three: string | null] = [null, null]
  #before: SharedOutput | null = null
  #after: SharedOutput = NO_OUTPUT
  #protocol: 2 | 3 = 2

  constructor(items: readonly Reply[]) {
    this.#reply = new PushReply(items)
  }

  /** What waits once this message has been put behind `output`. */
  behind(output: SharedOutput, protocol: 2 | 3): SharedOutput {
    if (output === this.#before && protocol === this.#protocol) return this.#after
    this.#before = output
    this.#protocol = protocol
    this.#after = { text: output.text + this.#text(protocol) }
    return this.#after
  }

  #text(protocol: 2 | 3): string {
    const index = protocol === 2 ? 0 : 1
    this.#texts[index] ??= encodeReply(this.#reply, protocol)
    return this.#texts[index]
  }
}
