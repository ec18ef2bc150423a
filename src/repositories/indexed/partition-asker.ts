import type { Connection } from '../../connections/connection.js'
import type { ModelSchema } from '../../schema/model-schema.js'
import { executeQueries, type PartitionCall } from './guarded-calls.js'
import type { IndexNeeds } from './index-needs.js'

/** Calls query scripts in partitions, counts what that costs, and refuses indexes that are not ready. */
export class PartitionAsker {
  readonly #connection: Connection
  readonly #schema: ModelSchema
  readonly #needs: IndexNeeds
  roundTrips = 0
  commands = 0

  constructor(connection: Connection, schema: ModelSchema, needs: IndexNeeds) {
    this.#connection = connection
    this.#schema = schema
    this.#needs = needs
  }

  /** One round trip. Answers run beside the calls; the error of any is thrown. */
  async ask(calls: readonly PartitionCall[]): Promise<readonly unknown[]> {
    this.roundTrips++
    return executeQueries(this.#connection, this.#schema, this.#needs, calls, (commands) => {
      this.commands += commands
    })
  }
}
