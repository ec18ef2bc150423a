import { matchesGlob } from '../glob.js'
import { detach } from '../keyspace/detach.js'
import { PushReply, type Reply } from '../resp/reply.js'
import { SharedPush } from '../resp/shared-push.js'
import { keySlot } from '../slot.js'

/** The subscriptions of all who have none: most clients never subscribe. Nothing is ever added. */
export const NO_SUBSCRIPTIONS = new Set<string>()

/** Who can subscribe: a client, with what it is subscribed to. Only `PubSub` changes the three sets. */
export interface Subscriber {
  channels: Set<string>
  patterns: Set<string>
  shardChannels: Set<string>
  /** Sends out-of-band data after everything that was sent before. */
  push(reply: Reply): void
  /** Sends a message, which others are sent too, after everything that was sent before. */
  pushShared(message: SharedPush): void
}

/** The three name spaces of subscriptions. */
export type SubscriptionKind = 'channels' | 'patterns' | 'shardChannels'

/** Channels, patterns and shard channels, and who listens to them. Delivery is at most once and in order. */
export class PubSub {
  readonly #listeners: Readonly<Record<SubscriptionKind, Map<string, Set<Subscriber>>>> = {
    channels: new Map(),
    patterns: new Map(),
    shardChannels: new Map(),
  }

  /** The shard channels with subscribers, by hash slot. */
  readonly #shardChannels = new Map<number, Set<string>>()

  /** @returns false when `subscriber` already was subscribed. */
  subscribe(kind: SubscriptionKind, subscriber: Subscriber, slice: string): boolean {
    if (subscriber[kind].has(slice)) return false
    const name = detach(slice)
    if (subscriber[kind] === NO_SUBSCRIPTIONS) subscriber[kind] = new Set()
    subscriber[kind].add(name)
    const listeners = this.#listeners[kind]
    const existing = listeners.get(name)
    if (existing !== undefined) existing.add(subscriber)
    else {
      listeners.set(name, new Set([subscriber]))
      if (kind === 'shardChannels') this.#noteShardChannel(name)
    }
    return true
  }

  /** @returns false when `subscriber` was not subscribed. */
  unsubscribe(kind: SubscriptionKind, subscriber: Subscriber, name: string): boolean {
    if (!subscriber[kind].delete(name)) return false
    const listeners = this.#listeners[kind].get(name)
    listeners?.delete(subscriber)
    if (listeners?.size === 0) {
      this.#listeners[kind].delete(name)
      if (kind === 'shardChannels') this.#forgetShardChannel(name)
    }
    return true
  }

  /** Ends all subscriptions to the shard channels of a slot, as this node does not serve it any more, and says so. */
  leaveSlot(slot: number): void {
    for (const channel of [...(this.#shardChannels.get(slot) ?? [])].sort()) {
      for (const subscriber of [...(this.#listeners.shardChannels.get(channel) ?? [])]) {
        this.unsubscribe('shardChannels', subscriber, channel)
        subscriber.push(new PushReply(['sunsubscribe', channel, subscriber.shardChannels.size]))
      }
    }
  }

  /** Forgets a subscriber that is gone, without telling it. */
  remove(subscriber: Subscriber): void {
    for (const kind of ['channels', 'patterns', 'shardChannels'] as const) {
      for (const name of [...subscriber[kind]]) this.unsubscribe(kind, subscriber, name)
    }
  }

  /** Delivers to the subscribers of the channel, then to those of matching patterns. @returns the deliveries. */
  publish(channel: string, message: string): number {
    let deliveries = this.#deliver(this.#listeners.channels.get(channel), 'message', channel, message)
    for (const [pattern, subscribers] of this.#listeners.patterns) {
      if (matchesGlob(pattern, channel)) deliveries += this.#deliver(subscribers, 'pmessage', pattern, channel, message)
    }
    return deliveries
  }

  /** Delivers to the subscribers of a shard channel. @returns the deliveries. */
  publishToShard(channel: string, message: string): number {
    return this.#deliver(this.#listeners.shardChannels.get(channel), 'smessage', channel, message)
  }

  /** The names that somebody is subscribed to, all or those that match a glob pattern. */
  active(kind: SubscriptionKind, pattern?: string): string[] {
    const names = [...this.#listeners[kind].keys()]
    return pattern === undefined ? names : names.filter((name) => matchesGlob(pattern, name))
  }

  /** Number of subscribers of one name. */
  count(kind: SubscriptionKind, name: string): number {
    return this.#listeners[kind].get(name)?.size ?? 0
  }

  /** Number of different names. */
  size(kind: SubscriptionKind): number {
    return this.#listeners[kind].size
  }

  #noteShardChannel(name: string): void {
    const slot = keySlot(name)
    const channels = this.#shardChannels.get(slot)
    if (channels === undefined) this.#shardChannels.set(slot, new Set([name]))
    else channels.add(name)
  }

  #forgetShardChannel(name: string): void {
    const slot = keySlot(name)
    const channels = this.#shardChannels.get(slot)
    channels?.delete(name)
    if (channels?.size === 0) this.#shardChannels.delete(slot)
  }

  #deliver(subscribers: ReadonlySet<Subscriber> | undefined, ...items: readonly string[]): number {
    if (subscribers === undefined) return 0
    const push = new SharedPush(items)
    for (const subscriber of subscribers) subscriber.pushShared(push)
    return subscribers.size
  }
}
