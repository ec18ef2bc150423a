import type { Request } from './connection.js'
import { inTime } from './in-time.js'
import type { NodeClient } from './node-client.js'
import { decide, type NodeReply } from './node-reply.js'
import { parseReplicationInfo, type ReplicationInfo } from './replication-info.js'
import type { RetryPauses } from './retry-pauses.js'
import { ScriptSource } from './script-source.js'
import type { Shard, ShardDirectory } from './shard.js'
import type { Floor, SlotFloors } from './slot-floors.js'
import { toWire, type WireCommand, wireKeys } from './wire-command.js'

/** One request for a replica, and its slot. */
export interface ShardRequest {
  readonly request: Request
  readonly slot: number
}

/** How one request ended: a replica answered, or the primary has to, and why. */
export type ShardAnswer =
  | {
      readonly type: 'answered'
      readonly address: string
      readonly value: unknown
      /** The replica had no link to its primary, neither before nor after it answered. */
      readonly isCutOff: boolean
    }
  | { readonly type: 'declined'; readonly reason: string }

/** How far a replica is waited for. */
export interface ShardReadOptions {
  readonly readYourWrites: boolean
  readonly maxWaitMs: number
}

/** The floors of the slots of one read. */
type Floors = Map<number, Floor>

const floorless: ReadonlyMap<number, string> = new Map()
const INFO: WireCommand = { name: 'INFO', args: ['replication'] }
/** A primary that does not answer for so long counts as away. */
const PROBE_TIMEOUT_MS = 1_000
/** So long a replica is not asked after its socket failed. */
const AVOIDED_MS = 5_000
const FIRST_PAUSE_MS = 1
/** How old the list of replicas may become while one is missed, and while none is. */
const LACKING_MS = 1_000
const KNOWN_MS = 30_000

/**
 * Reads from the replicas of one primary, soundly: a replica knows neither how far it is behind nor that a slot of its
 * primary is being moved away, and answers with what it has. So each answer counts only if
 *
 * - the primary had the whole slot before, at an offset that the replica had reached, in the same history;
 * - the primary has the whole slot still, after the replica answered.
 *
 * The second look at the primary is the first one of the next read. It costs the primary one EXISTS for each slot and one
 * INFO. A primary that is away moves no slots; but one that is out of reach may only be so for this connection, and move them
 * all the while. So it counts as away, and the replica's word is taken, only if the replica has lost it as well.
 */
export class ShardReader {
  readonly #directory: ShardDirectory
  readonly #floors: SlotFloors
  readonly #pauses: RetryPauses
  readonly #keyPrefix: string
  readonly #avoidedUntil = new WeakMap<NodeClient, number>()
  #turn = 0

  constructor(directory: ShardDirectory, floors: SlotFloors, pauses: RetryPauses, keyPrefix: string) {
    this.#directory = directory
    this.#floors = floors
    this.#pauses = pauses
    this.#keyPrefix = keyPrefix
  }

  /** Answers run beside the requests, all of which belong to the shard. Never rejects. */
  async read(shard: Shard, asked: readonly ShardRequest[], options: ShardReadOptions): Promise<readonly ShardAnswer[]> {
    const replicas = this.#usable(shard.replicas)
    // A cluster names a replica some time after it was added, and says so to nobody who does not ask.
    this.#directory.refresh(replicas.length === 0 ? LACKING_MS : KNOWN_MS)
    if (replicas.length === 0) {
      const reason = shard.replicas.length === 0 ? 'it has no replica' : 'its replicas are out of reach'
      return asked.map(() => ({ type: 'declined', reason }))
    }
    const { declined: moving, floors, isAway } = await this.#lookBefore(shard, asked, options)
    const whole = asked.filter(({ slot }) => !moving.has(slot))
    const replies = whole.length === 0 ? [] : await this.#askReplicas(shard, replicas, whole, floors, options)
    const answers = new Map(whole.map((request, index) => [request, replies[index]]))
    const answered = whole.filter((request) => answers.get(request)?.type === 'answered')
    const moved = await this.#lookAfter(shard, answered)
    return asked.map((request) => {
      const answer = answers.get(request)
      const reason = moving.get(request.slot) ?? this.#doubtOf(request, answer, isAway, moved)
      if (reason !== null) return { type: 'declined', reason }
      return answer ?? { type: 'declined', reason: 'its replicas did not answer' }
    })
  }

  /** Why what a replica answered does not count; null where it does. */
  #doubtOf(
    request: ShardRequest,
    answer: ShardAnswer | undefined,
    wasAway: boolean,
    moved: ReadonlyMap<number, string> | 'away',
  ): string | null {
    if (answer?.type !== 'answered' || this.#probeOf(request) === null) return null
    if (moved === 'away') return answer.isCutOff ? null : `it is out of reach, but not of replica ${answer.address}`
    // The replica's word was taken for that of a dead primary, which lives.
    return moved.get(request.slot) ?? (wasAway ? 'it was out of reach for a moment' : null)
  }

  #usable(replicas: readonly NodeClient[]): readonly NodeClient[] {
    const now = performance.now()
    const usable = replicas.filter((replica) => (this.#avoidedUntil.get(replica) ?? 0) <= now)
    const start = this.#turn++ % Math.max(1, usable.length)
    return [...usable.slice(start), ...usable.slice(0, start)]
  }

  /** Asks the primary about slots of which too little is known. */
  async #lookBefore(
    shard: Shard,
    asked: readonly ShardRequest[],
    { readYourWrites }: ShardReadOptions,
  ): Promise<{ readonly declined: ReadonlyMap<number, string>; readonly floors: Floors; readonly isAway: boolean }> {
    const floors: Floors = new Map()
    if (!readYourWrites && this.#hasNoSlots(asked)) return { declined: floorless, floors, isAway: false }
    const unknown = asked.filter(({ slot }) => {
      const floor = this.#floors.floor(slot, shard.primary.address, readYourWrites)
      if (floor !== null) floors.set(slot, floor)
      return floor === null
    })
    const seen = await this.#look(shard, unknown)
    if (seen !== 'away') {
      return { declined: this.#takeFloors(shard, unknown, readYourWrites, floors, seen), floors, isAway: false }
    }
    const declined = new Map<number, string>()
    for (const { slot } of unknown) {
      const floor = this.#floors.lastFloor(slot, shard.primary.address, readYourWrites)
      if (floor === 'unknown') declined.set(slot, 'it does not say how far a replica must have come')
      else if (floor !== 'none') floors.set(slot, floor)
    }
    return { declined, floors, isAway: true }
  }

  /** Notes the floors of slots that a look at the primary was about; returns those without one, and why. */
  #takeFloors(
    shard: Shard,
    asked: readonly ShardRequest[],
    readYourWrites: boolean,
    floors: Floors,
    seen: ReadonlyMap<number, string>,
  ): ReadonlyMap<number, string> {
    const declined = new Map(seen)
    for (const { slot } of asked) {
      if (declined.has(slot)) continue
      const floor = this.#floors.freshFloor(slot, shard.primary.address, readYourWrites)
      if (floor === null) declined.set(slot, `slot ${slot} is on the move`)
      else floors.set(slot, floor)
    }
    return declined
  }

  async #lookAfter(shard: Shard, answered: readonly ShardRequest[]): Promise<ReadonlyMap<number, string> | 'away'> {
    return this.#hasNoSlots(answered) ? floorless : this.#look(shard, answered)
  }

  #hasNoSlots(asked: readonly ShardRequest[]): boolean {
    return asked.every((request) => this.#probeOf(request) === null)
  }

  #probeOf({ request }: ShardRequest): WireCommand | null {
    const [key] = wireKeys(request, this.#keyPrefix)
    return key === undefined ? null : this.#directory.stabilityProbe(key)
  }

  /** Learns from the primary which slots are whole, and its offset afterwards; returns the slots that are not, and why. */
  async #look(shard: Shard, asked: readonly ShardRequest[]): Promise<ReadonlyMap<number, string> | 'away'> {
    const { primary } = shard
    const bySlot = new Map(asked.map((request) => [request.slot, request]))
    if (bySlot.size === 0) return new Map()
    const writes = this.#floors.writes
    const probes = [...bySlot].flatMap(([slot, request]) => {
      const probe = this.#probeOf(request)
      return probe === null ? [] : [{ slot, reply: primary.send(probe) }]
    })
    const told = primary.send(INFO)
    const replies = await inTime(Promise.all([told, ...probes.map(({ reply }) => reply)]), PROBE_TIMEOUT_MS)
    const [infoReply, ...states] = replies ?? []
    if (infoReply === undefined || infoReply.type === 'notSent' || infoReply.type === 'lost') return 'away'
    const info = infoReply.type === 'value' ? parseReplicationInfo(infoReply.value) : null
    const declined = new Map<number, string>()
    if (info?.role !== 'primary') {
      const reason = info === null ? 'it does not tell its offset' : 'it is a primary no more'
      for (const slot of bySlot.keys()) declined.set(slot, reason)
    } else {
      const whole = new Set(bySlot.keys())
      for (const [index, { slot }] of probes.entries()) {
        if (states[index]?.type === 'value') continue
        whole.delete(slot)
        declined.set(slot, `slot ${slot} is on the move`)
      }
      for (const slot of whole) this.#floors.seen(slot, primary.address, info, writes)
    }
    for (const slot of declined.keys()) this.#floors.forget(slot)
    if (declined.size > 0) this.#directory.refresh(0)
    return declined
  }

  /** Tries each replica in turn, and again while they are only behind. */
  async #askReplicas(
    shard: Shard,
    replicas: readonly NodeClient[],
    asked: readonly ShardRequest[],
    floors: Floors,
    options: ShardReadOptions,
  ): Promise<readonly ShardAnswer[]> {
    const deadlineMs = performance.now() + options.maxWaitMs
    let pauseMs = FIRST_PAUSE_MS
    let reason = 'its replicas are out of reach'
    for (let round = 0; ; round++) {
      let isBehind = false
      for (const replica of replicas) {
        const attempt = await this.#askReplica(replica, asked, floors)
        if (attempt.type === 'answers') return attempt.answers
        reason = attempt.reason
        isBehind ||= attempt.type === 'behind'
      }
      const leftMs = deadlineMs - performance.now()
      if (!isBehind || leftMs <= 0 || !(await this.#pauses.pause(Math.min(pauseMs, leftMs)))) break
      pauseMs *= 2
      // After a failover in place floors belong to the history before. Slots that left meanwhile are found out afterwards.
      if (round === 1) {
        const seen = await this.#look(shard, asked)
        if (seen !== 'away') this.#takeFloors(shard, asked, options.readYourWrites, floors, seen)
      }
    }
    return asked.map(() => ({ type: 'declined', reason }))
  }

  async #askReplica(
    replica: NodeClient,
    asked: readonly ShardRequest[],
    floors: Floors,
  ): Promise<
    | { readonly type: 'answers'; readonly answers: readonly ShardAnswer[] }
    | { readonly type: 'behind' | 'unusable'; readonly reason: string }
  > {
    const { address } = replica
    const { before, replies, after } = await this.#send(replica, asked)
    if (before.type === 'notSent' || before.type === 'lost' || after.type === 'notSent' || after.type === 'lost') {
      this.#avoidedUntil.set(replica, performance.now() + AVOIDED_MS)
      return { type: 'unusable', reason: `replica ${address} is out of reach` }
    }
    const [start, end] = [infoOf(before), infoOf(after)]
    if (start === null || end === null) {
      return { type: 'unusable', reason: `replica ${address} does not tell its offset` }
    }
    if (start.role !== 'replica' || end.role !== 'replica') {
      this.#directory.refresh(0)
      return { type: 'unusable', reason: `${address} is a replica no more` }
    }
    for (const { slot } of asked) {
      const floor = floors.get(slot)
      if (floor === undefined) continue
      if (start.history !== floor.history || end.history !== floor.history || start.offset < floor.offset) {
        return { type: 'behind', reason: `replica ${address} is behind` }
      }
    }
    const isCutOff = !start.isLinked && !end.isLinked
    return { type: 'answers', answers: replies.map((reply) => this.#answerOf(address, reply, isCutOff)) }
  }

  #answerOf(address: string, reply: NodeReply, isCutOff: boolean): ShardAnswer {
    if (reply.type === 'value') return { type: 'answered', address, value: reply.value, isCutOff }
    if (reply.type !== 'error') return { type: 'declined', reason: `replica ${address} is out of reach` }
    if (reply.message.startsWith('MOVED ')) this.#directory.refresh(0)
    const [code = 'ERR'] = reply.message.split(' ')
    return { type: 'declined', reason: `replica ${address} answered ${code}` }
  }

  /** Between two looks at the replica's offset: it may drop its data for another history at any moment. */
  async #send(
    replica: NodeClient,
    asked: readonly ShardRequest[],
  ): Promise<{ readonly before: NodeReply; readonly replies: readonly NodeReply[]; readonly after: NodeReply }> {
    const sources = asked.map(({ request }) => new ScriptSource(request))
    for (;;) {
      const before = replica.send(INFO)
      const sent = asked.map(({ request }, index) => {
        const keys = wireKeys(request, this.#keyPrefix)
        return replica.send(toWire(request, keys, sources[index]?.isDue(replica) ?? false))
      })
      const after = replica.send(INFO)
      const replies = await Promise.all(sent)
      let isAgain = false
      for (const [index, reply] of replies.entries()) {
        if (decide(reply, false).type === 'sendSource' && sources[index]?.wasMissing()) isAgain = true
      }
      if (!isAgain) return { before: await before, replies, after: await after }
    }
  }
}

const infoOf = (reply: NodeReply): ReplicationInfo | null =>
  reply.type === 'value' ? parseReplicationInfo(reply.value) : null
