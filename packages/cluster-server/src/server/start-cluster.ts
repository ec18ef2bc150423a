import { NODE_FLAGS } from '../cluster/node-flags.js'
import { createNodeId } from '../cluster/node-id.js'
import type { NodesFile, NodesFileEntry } from '../cluster/nodes-file.js'
import { splitSlots } from '../cluster/slot-split.js'
import { type ClusterPlan, planCluster, type StartClusterOptions, type WorkerKind } from './cluster-options.js'
import { LocalMember } from './local-member.js'
import type { Member, MemberAddress } from './member.js'
import { processChannel, threadChannel } from './member-channel.js'
import { nodesFileFor } from './nodes-file-for.js'
import { RemoteMember } from './remote-member.js'
import { RunningCluster } from './running-cluster.js'

/** A node of an embedded cluster did not start; `nodeIndex` says which. Everything that was started is stopped. */
export class ClusterStartError extends Error {
  override readonly name = 'ClusterStartError'

  constructor(
    readonly nodeIndex: number,
    message: string,
    cause: unknown,
  ) {
    super(message, { cause })
  }
}

/** A node that is not yet part of a cluster. */
interface Seat {
  readonly index: number
  readonly id: string
  readonly primaryIndex: number | null
  readonly member: Member
}

/**
 * Starts a cluster: every node listens on a port of its own, all slots are assigned, replicas follow their primaries.
 * The nodes are those of a real cluster, which talk over the cluster bus: one that dies is replaced by its replica, slots
 * can be moved, and other nodes can be introduced.
 * @returns the cluster, once every node has answered every other one and every replica has its primary's data
 * @throws ClusterOptionError or SettingError for a bad option, before anything is started; ClusterStartError, which names
 *   the node, after everything that was started has been stopped
 * @example
 * const cluster = await startCluster({ primaries: 3, replicas: 1 })
 * // … connect any cluster client to `cluster.nodes`, or the ORM to `cluster.url`
 * await cluster.close()
 */
export const startCluster = async (options: StartClusterOptions = {}): Promise<RunningCluster> => {
  const plan = planCluster(options)
  const seats: Seat[] = []
  const deadline = new Deadline(plan.startTimeoutMs)
  try {
    for (let index = 0; index < plan.ports.length; index++) {
      const primaryIndex = index < plan.primaries ? null : (index - plan.primaries) % plan.primaries
      seats.push({ index, id: createNodeId(), primaryIndex, member: createMember(plan.worker) })
    }
    const addresses = await all(seats, 'could not be started', (seat) =>
      deadline.limit(seat.member.start(memberOptions(plan, seat))),
    )
    const file = createNodesFile(plan, seats, addresses)
    await all(seats, 'did not take its place', (seat) => deadline.limit(seat.member.join(nodesFileFor(file, seat.id))))
    await all(seats, 'did not join the others', (seat) => deadline.limit(seat.member.awaitJoined()))
    return new RunningCluster({
      plan,
      file,
      addresses,
      members: seats.map(({ member }) => member),
      createMember: () => createMember(plan.worker),
    })
  } catch (error) {
    await Promise.all(seats.map(({ member }) => member.kill()))
    throw error
  } finally {
    deadline.clear()
  }
}

const createMember = (worker: WorkerKind): Member => {
  switch (worker) {
    case 'inline':
      return new LocalMember()
    case 'thread':
      return new RemoteMember(threadChannel())
    case 'process':
      return new RemoteMember(processChannel())
    default:
      return worker satisfies never
  }
}

const memberOptions = (plan: ClusterPlan, seat: Seat) => ({
  id: seat.id,
  settings: { ...plan.settings, bind: plan.host, port: plan.ports[seat.index] ?? 0 },
})

/** Waits for all seats even when one fails, so that nothing is still starting when the others are stopped. */
const all = async <Result>(
  seats: readonly Seat[],
  complaint: string,
  step: (seat: Seat) => Promise<Result>,
): Promise<Result[]> => {
  const outcomes = await Promise.allSettled(seats.map(step))
  return outcomes.map((outcome, index) => {
    if (outcome.status === 'fulfilled') return outcome.value
    const { reason } = outcome
    const primaryIndex = seats[index]?.primaryIndex ?? null
    const role = primaryIndex === null ? 'a primary' : `a replica of node ${primaryIndex}`
    const why = reason instanceof Error ? reason.message : String(reason)
    throw new ClusterStartError(index, `Node ${index} (${role}) ${complaint}: ${why}`, reason)
  })
}

/** The cluster as it begins: slots in equal parts, and an epoch of its own for each primary. */
const createNodesFile = (plan: ClusterPlan, seats: readonly Seat[], addresses: readonly MemberAddress[]): NodesFile => {
  const ranges = splitSlots(plan.primaries)
  const nodes = seats.map((seat, index): NodesFileEntry => {
    const { host, port, busPort } = addresses[index] ?? { host: plan.host, port: 0, busPort: 0 }
    const range = ranges[index]
    const primaryId = seat.primaryIndex === null ? null : (seats[seat.primaryIndex]?.id ?? null)
    return {
      id: seat.id,
      ip: host,
      port,
      busPort,
      hostname: '',
      flags: primaryId === null ? NODE_FLAGS.primary : NODE_FLAGS.replica,
      primaryId,
      pingSentMs: 0,
      pongReceivedMs: 0,
      configEpoch: index + 1,
      isConnected: true,
      slots: primaryId === null && range !== undefined ? [range] : [],
      migrating: new Map(),
      importing: new Map(),
    }
  })
  return { currentEpoch: nodes.length, lastVoteEpoch: 0, nodes }
}

/** One time limit for several steps. */
class Deadline {
  readonly #expired: Promise<never>
  readonly #timer: NodeJS.Timeout

  constructor(timeoutMs: number) {
    const { promise, reject } = withReject()
    this.#expired = promise
    // Without a listener a rejection that comes between two steps would end the program.
    this.#expired.catch(() => {})
    this.#timer = setTimeout(() => reject(new Error(`it took longer than ${timeoutMs} ms`)), timeoutMs)
  }

  limit<Result>(step: Promise<Result>): Promise<Result> {
    return Promise.race([step, this.#expired])
  }

  clear(): void {
    clearTimeout(this.#timer)
  }
}

const withReject = (): { promise: Promise<never>; reject: (error: Error) => void } => {
  let reject: (error: Error) => void = () => {}
  const promise = new Promise<never>((_, rejectPromise) => {
    reject = rejectPromise
  })
  return { promise, reject }
}
