import type { ConnectionHealth, NodeHealth } from './connection.js'
import { inTime } from './in-time.js'
import type { NodeClient } from './node-client.js'
import { unreachableReason } from './node-reply.js'

/** A node that does not answer for so long is not healthy. */
export const HEALTH_TIMEOUT_MS = 2_000

/** Asks one node whether it serves; never rejects. A replica serves while it is linked to its primary. */
export async function checkNode(node: NodeClient, role: NodeHealth['role']): Promise<NodeHealth> {
  const { address } = node
  const startMs = performance.now()
  const asked = Promise.all([
    node.send({ name: 'PING', args: [] }),
    role === 'replica' ? node.send({ name: 'INFO', args: ['replication'] }) : null,
  ])
  const answers = await inTime(asked, HEALTH_TIMEOUT_MS)
  if (answers === null) return { address, role, latencyMs: null, problem: `no answer within ${HEALTH_TIMEOUT_MS} ms` }
  const [ping, info] = answers
  const reason = unreachableReason(ping)
  if (reason !== null) return { address, role, latencyMs: null, problem: reason.message }
  const latencyMs = performance.now() - startMs
  const text = info?.type === 'value' ? String(info.value) : ''
  const link = /^master_link_status:(\w+)/m.exec(text)?.[1]
  const problem = link === undefined || link === 'up' ? null : 'its link to the primary is down'
  return { address, role, latencyMs, problem }
}

/** The whole of what was found. */
export function healthOf(nodes: readonly NodeHealth[], unownedSlots: number): ConnectionHealth {
  const ok = unownedSlots === 0 && nodes.every(({ role, problem }) => role === 'replica' || problem === null)
  return { ok, nodes, unownedSlots, problem: null }
}

/** Nothing was found, for a reason. */
export function unhealthy(problem: string): ConnectionHealth {
  return { ok: false, nodes: [], unownedSlots: 0, problem }
}
