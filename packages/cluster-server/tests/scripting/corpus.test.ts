import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { describeBesideRedis } from '../support/server-pair.js'
import { CORPUS_FILES, readCorpus } from './script-corpus.js'
import { ScriptServers } from './server-pair.js'

let servers: ScriptServers

beforeAll(async () => {
  servers = await ScriptServers.start()
})

afterAll(async () => {
  await servers?.close()
})

describeBesideRedis('scripts are answered as by redis-server, byte for byte', () => {
  test.each(CORPUS_FILES)('%s', async (name) => {
    expect(await servers.differences(readCorpus(name))).toEqual([])
  })
})
