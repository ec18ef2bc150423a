import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { Node } from '../../src/index.js'
import { ReplicationReader } from '../support/replication-reader.js'
import { describeWithRedisServer } from './own-redis-server.js'
import { FORMS, makeStream } from './random-stream.js'
import { WireClient } from './wire-client.js'

const full = process.env.FULL === '1'
const STREAMS = full ? 100 : 3
const FIRST_SEED = Number(process.env.SEED ?? 1)
const groups = Object.keys(FORMS) as (keyof typeof FORMS)[]

/** One server, and what it tells its replicas. */
class Observed {
  #mark = 0

  private constructor(
    readonly client: WireClient,
    readonly reader: ReplicationReader,
  ) {}

  static async open(port: number): Promise<Observed> {
    return new Observed(await WireClient.connect(port), await ReplicationReader.attach(port))
  }

  /** Runs commands, and returns what replicas were told, one line for each command. */
  async effectsOf(commands: readonly (readonly string[])[]): Promise<string[]> {
    await this.client.send([['HELLO', '2'], ['DISCARD'], ['SELECT', '0'], ['FLUSHALL']])
    const begin = this.#nextMark()
    await this.client.call(...begin)
    await this.reader.readUntil((argv) => argv.join(' ') === begin.join(' '))
    const end = this.#nextMark()
    await this.client.send([...commands, ['DISCARD'], end])
    const read = await this.reader.readUntil((argv) => argv.join(' ') === end.join(' '))
    return read.map(describeEffect)
  }

  close(): void {
    this.client.close()
    this.reader.close()
  }

  #nextMark(): string[] {
    return ['PUBLISH', 'mark', String(++this.#mark)]
  }
}

/** Deadlines are compared in minutes: relative ones depend on the moment of the command. */
const describeEffect = (argv: readonly string[]): string =>
  argv
    .map((word) => (/^[1-9]\d{12}$/.test(word) ? `~${Math.round(Number(word) / 60_000)}min` : JSON.stringify(word)))
    .join(' ')

describeWithRedisServer((real) => {
  let node: Node
  let ours: Observed
  let theirs: Observed

  beforeAll(async () => {
    node = new Node({ settings: { port: 0 } })
    ours = await Observed.open((await node.listen()).port)
    theirs = await Observed.open(real.port)
  })

  afterAll(async () => {
    ours?.close()
    theirs?.close()
    await node?.close()
  })

  const compare = async (commands: readonly (readonly string[])[]): Promise<void> => {
    const [actual, expected] = await Promise.all([ours.effectsOf(commands), theirs.effectsOf(commands)])
    expect(actual).toEqual(expected)
  }

  describe('replicas are told what redis-server tells them', () => {
    test.each([...groups.map((group) => [group, [group]] as const), ['all groups', groups] as const])(
      'of random commands: %s',
      async (_name, chosen) => {
        for (let seed = FIRST_SEED; seed < FIRST_SEED + STREAMS; seed++) {
          const blocks = makeStream(seed, 200, chosen, ({ diverges }) => !diverges)
          await compare(blocks.flat().map(({ argv }) => argv))
        }
      },
      full ? 600_000 : 60_000,
    )
  })
})
