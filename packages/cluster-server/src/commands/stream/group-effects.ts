import type { ConsumerGroup, PendingEntry } from '../../keyspace/consumer-group.js'
import { idText } from '../../keyspace/stream-id.js'
import type { CommandContext } from '../context.js'

/**
 * What replicas get of a change of a group, in the words of Redis: `streamPropagateXCLAIM`, `streamPropagateGroupID` and
 * `streamPropagateConsumerCreation` in its `t_stream.c`.
 */
export class GroupEffects {
  readonly #context: CommandContext
  readonly #key: string
  readonly #group: ConsumerGroup

  /** From now on the command itself is not replicated. */
  constructor(context: CommandContext, key: string, group: ConsumerGroup) {
    this.#context = context
    this.#key = key
    this.#group = group
    context.propagateNothing()
  }

  /** An entry is pending as it is now. `id` is spelt as the client did, or properly. */
  claimed(entry: PendingEntry, id: string = idText(entry.id)): void {
    const { name, lastId } = this.#group
    this.#context.propagate(
      ...['XCLAIM', this.#key, name, entry.consumer.name, '0', id, 'TIME', String(entry.deliveredAtMs)],
      ...['RETRYCOUNT', String(entry.deliveryCount), 'FORCE', 'JUSTID', 'LASTID', idText(lastId)],
    )
  }

  /** The group has another last id. */
  moved(): void {
    const { name, lastId, entriesRead } = this.#group
    this.#context.propagate('XGROUP', 'SETID', this.#key, name, idText(lastId), 'ENTRIESREAD', String(entriesRead))
  }

  /** There is a consumer that no other effect would make. */
  consumerMade(consumerName: string): void {
    this.#context.propagate('XGROUP', 'CREATECONSUMER', this.#key, this.#group.name, consumerName)
  }
}
