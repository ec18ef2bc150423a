import { SLOT_COUNT } from '../schema/hash-slot.js'
import type { NodeAddress } from './connection-options.js'

/** Consecutive slots without an owner, both ends included. */
export interface SlotGap {
  readonly from: number
  readonly to: number
}

/** `host:port`. */
export const formatAddress = ({ host, port }: NodeAddress): string => `${host}:${port}`

/** The inverse of `formatAddress`; IPv6 hosts have colons of their own. Undefined for text of another form. */
export const parseAddress = (address: string): NodeAddress | undefined => {
  const colon = address.lastIndexOf(':')
  const port = Number(address.slice(colon + 1))
  if (colon < 0 || !Number.isInteger(port) || port < 1 || port > 65_535) return undefined
  return { host: address.slice(0, colon), port }
}

/**
 * Which primary owns which slot, as one node answered `CLUSTER SLOTS` at one time. Immutable, replaced whole.
 * CLUSTER SHARDS says more, but is newer than Redis 6.2.
 */
export class SlotMap {
  static readonly empty = new SlotMap([], new Map())
  readonly #owners: readonly (string | undefined)[]
  readonly #replicas: ReadonlyMap<string, readonly string[]>
  /** `host:port` of every primary that owns slots, in order of their first slots. */
  readonly primaries: readonly string[]

  private constructor(owners: readonly (string | undefined)[], replicas: ReadonlyMap<string, readonly string[]>) {
    this.#owners = owners
    this.#replicas = replicas
    this.primaries = [...new Set(owners.filter((owner) => owner !== undefined))]
  }

  /**
   * Reads the reply of `CLUSTER SLOTS`. `resolve` turns an announced address into one to dial; the host is '' where
   * the cluster announces none, which means the node that was asked.
   * @throws TypeError for a reply of another form.
   */
  static parse(reply: unknown, resolve: (announced: NodeAddress) => string): SlotMap {
    if (!Array.isArray(reply)) throw new TypeError('CLUSTER SLOTS did not answer with a list')
    const owners = new Array<string | undefined>(SLOT_COUNT)
    const replicas = new Map<string, readonly string[]>()
    for (const range of reply) {
      if (!Array.isArray(range)) throw new TypeError('CLUSTER SLOTS answered with an entry that is no list')
      const [from, to, primary, ...followers] = range
      if (!Array.isArray(primary) || !isSlot(from) || !isSlot(to)) {
        throw new TypeError('CLUSTER SLOTS answered with an entry of unknown form')
      }
      const address = resolve(announcedAddress(primary))
      owners.fill(address, from, to + 1)
      replicas.set(
        address,
        followers.filter((follower) => Array.isArray(follower)).map((follower) => resolve(announcedAddress(follower))),
      )
    }
    return new SlotMap(owners, replicas)
  }

  ownerOf(slot: number): string | undefined {
    return this.#owners[slot]
  }

  /** The replicas of a primary that its cluster does not hold for dead. */
  replicasOf(primary: string): readonly string[] {
    return this.#replicas.get(primary) ?? []
  }

  /** All replicas, each with its primary. */
  get replicas(): readonly { readonly address: string; readonly primary: string }[] {
    return [...this.#replicas].flatMap(([primary, addresses]) => addresses.map((address) => ({ address, primary })))
  }

  /** Slots that nobody owns. */
  get gaps(): readonly SlotGap[] {
    const gaps: { from: number; to: number }[] = []
    for (let slot = 0; slot < SLOT_COUNT; slot += 1) {
      if (this.#owners[slot] !== undefined) continue
      const last = gaps.at(-1)
      if (last !== undefined && last.to === slot - 1) last.to = slot
      else gaps.push({ from: slot, to: slot })
    }
    return gaps
  }
}

const announcedAddress = ([host, port]: readonly unknown[]): NodeAddress => ({
  host: typeof host === 'string' ? host : '',
  port: Number(port),
})

const isSlot = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < SLOT_COUNT
