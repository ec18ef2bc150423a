import type { Client } from '../dispatch/client.js'
import type { DecoderLimits } from '../resp/command-decoder.js'
import type { Config } from './config.js'

/** What one client may send, by the configuration of this moment. Asked for with every word that arrives. */
export class InputLimits implements DecoderLimits {
  readonly #config: Config
  readonly #client: Client
  readonly #isLoginRequired: () => boolean
  #version = -1
  #maxBulkBytes = 0

  constructor(config: Config, client: Client, isLoginRequired: () => boolean) {
    this.#isLoginRequired = isLoginRequired
    this.#config = config
    this.#client = client
  }

  get maxBulkBytes(): number {
    const { version } = this.#config
    if (version !== this.#version) {
      this.#version = version
      this.#maxBulkBytes = this.#config.number('proto-max-bulk-len')
    }
    return this.#maxBulkBytes
  }

  get authenticated(): boolean {
    return this.#client.authenticated || !this.#isLoginRequired()
  }
}
