import { describe, expect, test } from '@jest/globals'
import { openConnection } from '../../src/connections/open-connection.js'
import { ConnectionManager } from '../../src/index.js'
import { openTarget } from '../support/open-target.js'
import { startRedisServer } from '../support/redis-server.js'
import { ScriptedServer, slotsReply } from '../support/scripted-server.js'
import { describeTargets, serverKinds } from '../support/targets.js'
import { until } from '../support/until.js'

describeTargets(serverKinds, (target) => {
  test('every node of a healthy server or cluster answers', async () => {
    const connection = await openTarget(target)
    const isCluster = target.topology === 'cluster'
    // A cluster names a replica once it has received something.
    const keys = Array.from({ length: 40 }, (_, index) => `{${index}}health`)
    await connection.execute(
      keys.map((key) => ({ type: 'command', name: 'SET', keys: [key], args: ['x', 'PX', 60_000] })),
    )
    await until(async () => (await connection.health()).nodes.length === (isCluster ? 6 : 1), 30_000)
    const { ok, nodes, unownedSlots, problem } = await connection.health()
    expect({ ok, unownedSlots, problem }).toEqual({ ok: true, unownedSlots: 0, problem: null })
    expect(nodes.filter(({ role }) => role === 'primary')).toHaveLength(isCluster ? 3 : 1)
    for (const node of nodes) {
      expect(node.problem).toBeNull()
      expect(node.latencyMs).toBeGreaterThan(0)
    }
    await connection.close()
    expect((await connection.health()).ok).toBe(false)
  })
})

describeTargets(['redis-server'], () => {
  test('a server that went away is found out, and nothing is thrown', async () => {
    const server = await startRedisServer()
    const connections = new ConnectionManager({})
    connections.define('default', server.url)
    expect(await connections.health()).toMatchObject({ ok: true })
    await server.stop()
    const health = await connections.health()
    expect(health.ok).toBe(false)
    expect(health.nodes[0]!.problem).toMatch(/ECONNREFUSED|closed/)
    connections.define('never', `redis://127.0.0.1:${server.port}`)
    expect(await connections.health('never')).toMatchObject({ ok: false, nodes: [] })
    await expect(connections.health('unknown')).rejects.toMatchObject({ code: 'CONFIGURATION' })
    await connections.closeAll()
  })
})

describe('a cluster', () => {
  test('with slots that nobody owns, or a node that does not answer, is not healthy', async () => {
    let isSilent = false
    const server: ScriptedServer = await ScriptedServer.open(([name]) => {
      if (isSilent) return null
      if (name === 'PING') return '+PONG\r\n'
      return name === 'CLUSTER' ? slotsReply([[0, 16_000, '127.0.0.1', server.port]]) : '+OK\r\n'
    })
    const connection = await openConnection('gaps', `redis+cluster://${server.address}`)
    expect(await connection.health()).toMatchObject({ ok: false, unownedSlots: 383, nodes: [{ problem: null }] })
    isSilent = true
    expect(await connection.health()).toMatchObject({ ok: false, problem: expect.stringMatching('within 2000 ms') })
    await server.close()
    await connection.close()
  })
})
