import type { Request } from 'activeredis'
import { Visit, visitOf } from '../visit.js'
import { requestsOf } from './recording.js'
import { reportFaster, type Suite } from './suite.js'
import type { Target } from './target.js'

const RECORDS = 100_000
/** Calls that are under way at a time, as in `insertMany`. */
const CONCURRENCY = 2

/** What is left of the speed of the bare script calls, whose arguments are ready, when models make them. */
export const inserts: Suite = async (bench) => {
  if (!bench.wants('insert-many')) return
  const rows = Array.from({ length: RECORDS }, (_, number) => visitOf(number))
  const insert = () => Visit.insertMany(rows)
  const calls = (await requestsOf(insert)).filter((call) => call.some(({ type }) => type === 'script'))
  await reportFaster(bench, 'insert-many', {
    rounds: 5,
    ours: insert,
    peer: () => replay(bench.target, calls),
    before: () => Visit.truncate(),
  })
  await Visit.truncate()
}

const replay = async (target: Target, calls: readonly (readonly Request[])[]): Promise<void> => {
  const queue = [...calls]
  const worker = async (): Promise<void> => {
    for (let call = queue.shift(); call !== undefined; call = queue.shift()) await sendAll(target, call)
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, worker))
}

const sendAll = async (target: Target, call: readonly Request[]): Promise<void> => {
  const pipelines = new Map(target.nodes.map((node) => [node, node.pipeline()]))
  for (const request of call) {
    if (request.type !== 'script') continue
    const [first = ''] = request.keys
    const { sha1 } = request.script
    pipelines.get(target.nodeOf(first))?.evalsha(sha1, request.keys.length, ...request.keys, ...request.args)
  }
  await Promise.all(
    Array.from(pipelines.values(), async (pipeline) => {
      for (const [error] of (await pipeline.exec()) ?? []) if (error) throw error
    }),
  )
}
