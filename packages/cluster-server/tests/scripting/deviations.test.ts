import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
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

describe('a known deviation from redis-server is still one', () => {
  test.each(shown)('%s', async (_name, script) => {
    expect(await servers.differences([script])).toHaveLength(1)
  })
})
