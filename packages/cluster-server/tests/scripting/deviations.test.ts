import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { describeBesideRedis } from '../support/server-pair.js'
import { DEVIATIONS } from './deviations.js'
import { ScriptServers } from './server-pair.js'

let servers: ScriptServers

beforeAll(async () => {
  servers = await ScriptServers.start()
})

afterAll(async () => {
  await servers?.close()
})

const shown = DEVIATIONS.flatMap(({ name, script }) => (script === undefined ? [] : [[name, script] as const]))

describeBesideRedis('a known deviation from redis-server is still one', () => {
  test.each(shown)('%s', async (_name, script) => {
    expect(await servers.differences([script])).toHaveLength(1)
  })
})
