import { randomBytes } from 'node:crypto'
import { get } from 'node:http'
import { afterAll, beforeAll, describe, test } from '@jest/globals'
import { removeKeys } from './remove-keys.js'
import {
  BROKER_VARIABLE,
  type ContainerKind,
  containerKinds,
  type ServerKind,
  serverKinds,
  type TargetKind,
  targetKinds,
  targetTitles,
  UNAVAILABLE_VARIABLE,
} from './target-kind.js'

export { type ContainerKind, containerKinds, type ServerKind, serverKinds, type TargetKind, targetKinds }

/** What a suite runs against. All suites share the servers; each keeps to its own key prefix. */
export interface Target {
  readonly kind: TargetKind
  readonly title: string
  readonly topology: 'memory' | 'standalone' | 'cluster'
  /** Put before every key of the suite: `t:1f09ab…:`; unique, without braces. */
  readonly keyPrefix: string
  /** Connection URL without key prefix, known once the suite's tests run (`beforeAll`, `test`); '' for memory. */
  readonly url: string
  /** Host and port of the nodes in `url`; known when `url` is. */
  readonly addresses: readonly { readonly host: string; readonly port: number }[]
}

const topologies = {
  memory: 'memory',
  'embedded-node': 'standalone',
  'embedded-cluster': 'cluster',
  'redis-server': 'standalone',
  'redis-cluster': 'cluster',
  'redis-container': 'standalone',
  'valkey-container': 'standalone',
} as const satisfies Record<TargetKind, Target['topology']>

const brokerAddress = (): string => {
  const address = process.env[BROKER_VARIABLE]
  if (address === undefined) throw new Error('run the tests with: npx jest --config config/jest.config.mjs')
  return address
}

const acquire = (kind: TargetKind): Promise<string> =>
  new Promise((resolve, reject) => {
    get(`${brokerAddress()}/${kind}`, { agent: false }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        text += chunk
      })
      response.on('error', reject)
      response.on('end', () => {
        if (response.statusCode === 200) resolve(text)
        else reject(new Error(`the ${targetTitles[kind]} did not start: ${text}`))
      })
    }).once('error', reject)
  })

const isReal = (kind: TargetKind): boolean => kind === 'redis-server' || kind === 'redis-cluster'

/** Why a kind cannot run here; undefined when it can. */
export const unavailableReason = (kind: TargetKind): string | undefined => {
  brokerAddress()
  const reasons: Partial<Record<TargetKind, string>> = JSON.parse(process.env[UNAVAILABLE_VARIABLE] ?? '{}')
  return reasons[kind]
}

/**
 * Runs one body of tests against each kind of target. A kind that cannot run here appears as a skipped test with the
 * reason; when it is a real server and REQUIRE_REDIS=1, as a failing one.
 */
export function describeTargets<Kind extends TargetKind>(
  kinds: readonly Kind[],
  body: (target: Target & { readonly kind: Kind }) => void,
): void {
  for (const kind of kinds) {
    const title = targetTitles[kind]
    describe(`on ${title}`, () => {
      const reason = unavailableReason(kind)
      if (reason !== undefined) {
        if (isReal(kind) && process.env.REQUIRE_REDIS === '1') {
          test(`the ${title} is available`, () => {
            throw new Error(`${reason}, and REQUIRE_REDIS=1 asks for it`)
          })
        } else {
          test.skip(`skipped: ${reason}`, () => {})
        }
        return
      }
      let url: string | undefined
      beforeAll(async () => {
        url = await acquire(kind)
      }, 120_000)
      const target: Target & { readonly kind: Kind } = {
        kind,
        title,
        topology: topologies[kind],
        keyPrefix: `t:${randomBytes(6).toString('hex')}:`,
        get url() {
          if (url === undefined) throw new Error('target.url is known in beforeAll and in tests, not in describe')
          return url
        },
        get addresses(): Target['addresses'] {
          const list: string = this.url.replace(/^.*:\/\//, '')
          if (list === '') return []
          return list.split(',').map((address) => {
            const [host = '', port = ''] = address.split(':')
            return { host, port: Number(port) }
          })
        },
      }
      body(target)
      // What a suite leaves behind, every later one would have to scan.
      afterAll(() => removeKeys(target.addresses, target.keyPrefix))
    })
  }
}
