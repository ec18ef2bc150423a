import { afterEach, describe, expect, test } from '@jest/globals'
import { freePort } from '../../../../tests/support/free-port.js'
import { Node } from '../../src/server/node.js'
import { WireClient } from '../differential/wire-client.js'

let node: Node | undefined

afterEach(() => node?.close())

const start = async (settings: Readonly<Record<string, string | boolean>>) => {
  const metricsPort = await freePort()
  node = new Node({ settings: { port: 0, bind: '127.0.0.1', 'metrics-port': metricsPort, ...settings } })
  const { port } = await node.listen()
  const read = (path = '/metrics', method = 'GET') => fetch(`http://127.0.0.1:${metricsPort}${path}`, { method })
  return { port, read }
}

/** The samples of a text by their names with labels. */
const samplesOf = (text: string): ReadonlyMap<string, number> =>
  new Map(
    text
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
  )

describe('metrics-port', () => {
  test('serves what is measured in the text format of Prometheus', async () => {
    const { port, read } = await start({})
    const client = await WireClient.connect(port)
    await client.call('SET', 'k', 'v')
    const response = await read()
    const text = await response.text()
    client.close()
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
    for (const line of text.trimEnd().split('\n')) {
      expect(line).toMatch(
        /^(# HELP activeredis_\w+ [A-Z].*\.|# TYPE activeredis_\w+ (gauge|counter)|activeredis_\w+(\{\w+="[^"]*"(,\w+="[^"]*")*\})? -?[\d.e+-]+)$/,
      )
    }
    const samples = samplesOf(text)
    expect(samples.get('activeredis_keys{database="0"}')).toBe(1)
    expect(samples.get('activeredis_commands_total')).toBe(1)
    expect(samples.get('activeredis_connected_clients')).toBe(1)
    expect([...samples.keys()].filter((name) => name.includes('cluster'))).toEqual([])
  })

  test('tells on a node of a cluster how slots are spread, and how far they are on their way', async () => {
    const { port, read } = await start({ 'cluster-enabled': true })
    const client = await WireClient.connect(port)
    const id = node?.server.cluster?.table.myself.id
    await client.call('CLUSTER', 'ADDSLOTSRANGE', '0', '99')
    const samples = samplesOf(await (await read()).text())
    client.close()
    expect(samples.get('activeredis_cluster_slots{state="assigned"}')).toBe(100)
    expect(samples.get('activeredis_cluster_ok')).toBe(0)
    expect(samples.get(`activeredis_cluster_primary_slots{node="${id}",address=":${port}"}`)).toBe(100)
    expect(samples.get('activeredis_cluster_messages_sent_total{type="ping"}')).toBe(0)
  })

  test('answers nothing else', async () => {
    const { read } = await start({})
    expect((await read('/')).status).toBe(404)
    expect((await read('/metrics', 'POST')).status).toBe(405)
    expect(await (await read('/metrics', 'HEAD')).text()).toBe('')
  })

  test('names the setting when the port is taken', async () => {
    const { port } = await start({})
    const other = new Node({ settings: { port: 0, bind: '127.0.0.1', 'metrics-port': port } })
    await expect(other.listen()).rejects.toThrow(`metrics-port ${port} cannot be used`)
    await other.close()
  })
})
