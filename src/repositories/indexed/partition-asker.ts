import { setImmediate } from 'node:timers/promises'
import type { Connection } from '../../connections/connection.js'
import type { ModelSchema } from '../../schema/model-schema.js'
import { executeQueries, type PartitionCall } from './guarded-calls.js'
import type { IndexNeeds } from './index-needs.js'
import { canJoin } from './partition-batches.js'

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
    return this.#execute(calls)
  }

  /**
   * As `ask`, for calls of some milliseconds each. One server has two of them at a time, sent one after the other: while it works on
   * one, what it said to the one before is taken, and others are served in between. False where `take` refused a reply; then no
   * further call is sent.
   */
  async askEach(calls: readonly PartitionCall[], take: (reply: unknown, place: number) => boolean): Promise<boolean> {
    this.roundTrips++
    if (!canJoin(this.#connection)) return (await this.#execute(calls)).every(take)
    let next = 0
    let isOpen = true
    const work = async (): Promise<void> => {
      for (let call = calls[next]; isOpen && call !== undefined; call = calls[next]) {
        const place = next++
        try {
          const [reply] = await this.#execute([call])
          if (!take(reply, place)) isOpen = false
        } catch (error) {
          isOpen = false
          throw error
        }
      }
    }
    await Promise.all([work(), setImmediate().then(work)])
    return isOpen
  }

  #execute(calls: readonly PartitionCall[]): Promise<readonly unknown[]> {
    return executeQueries(this.#connection, this.#schema, this.#needs, calls, (commands) => {
      this.commands += commands
    })
  }
}
