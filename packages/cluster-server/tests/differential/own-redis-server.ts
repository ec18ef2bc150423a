import { afterAll, beforeAll } from '@jest/globals'
import { type RedisServer, startRedisServer } from '../../../../tests/support/redis-server.js'
import { describeTargets } from '../../../../tests/support/targets.js'

/** A real server that a suite may empty; its port is known in `beforeAll` and in tests. */
export interface OwnRedisServer {
  readonly port: number
}

/** Runs tests that need a redis-server of their own; where there is none they are skipped, or fail, as other targets do. */
export const describeWithRedisServer = (body: (server: OwnRedisServer) => void): void => {
  describeTargets(['redis-server'], () => {
    let server: RedisServer | undefined
    beforeAll(async () => {
      server = await startRedisServer({ args: ['--enable-debug-command', 'yes'] })
    })
    afterAll(() => server?.stop())
    body({
      get port(): number {
        return server!.port
      },
    })
  })
}
