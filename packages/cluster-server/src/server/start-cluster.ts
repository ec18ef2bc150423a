import type { TopologyData } from '../cluster/create-topology.js'
import { createNodeId } from '../cluster/node-id.js'
import { splitSlots } from '../cluster/slot-split.js'
import type { ClusterNode, SlotRange } from '../cluster/topology.js'
import { type ClusterPlan, planCluster, type StartClusterOptions, type WorkerKind } from './cluster-options.js'
import { LocalMember } from './local-member.js'
import type { Member } from './member.js'
import { processChannel, threadChannel } from './member-channel.js'
import type { ListeningAddress } from './node-options.js'
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
 * The topology is fixed by this launcher; a node that dies is reported as failed by the others, but not replaced.
 * @returns the cluster, once every node answers and every replica has its primary's data
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
    const topology = createTopologyData(plan, seats, addresses)
    await all(seats, 'did not take its place', (seat) => deadline.limit(seat.member.applyTopology(topology)))
    await all(seats, 'did not get the data of its primary', (seat) => deadline.limit(seat.member.awaitSync()))
    return new RunningCluster({
      plan,
      topology,
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

const createTopologyData = (
  plan: ClusterPlan,
  seats: readonly Seat[],
  addresses: readonly ListeningAddress[],
): TopologyData => {
  const nodes = seats.map((seat, index): ClusterNode => {
    const { host, port } = addresses[index] ?? { host: plan.host, port: 0 }
    const primaryId = seat.primaryIndex === null ? null : (seats[seat.primaryIndex]?.id ?? null)
    return {
      id: seat.id,
      host,
      port,
      busPort: port + 10_000 <= 65_535 ? port + 10_000 : 0,
      role: primaryId === null ? 'primary' : 'replica',
      primaryId,
      configEpoch: index + 1,
      linkState: 'connected',
    }
  })
  const slots: Record<string, readonly SlotRange[]> = {}
  splitSlots(plan.primaries).forEach((range, index) => {
    const node = nodes[index]
    if (node !== undefined) slots[node.id] = [range]
  })
  return { currentEpoch: nodes.length, nodes, slots }
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
