import { changedVisitOf, fieldsOf, Visit, visitOf } from '../visit.js'
import { reportCost, reportFaster, type Suite } from './suite.js'

const RECORDS = 500
/** Of a model that does not choose. */
const PARTITIONS = 6

/** What a save costs: one script, beside one HSET, and beside the commands that it stands for. */
export const saves: Suite = async (bench) => {
  if (!bench.wants('save-hset', 'save-multi')) return
  const { raw } = bench.target
  await Visit.insertMany(Array.from({ length: RECORDS }, (_, number) => visitOf(number)))
  const visits = await Visit.limit(RECORDS).get()
  let times = 0

  const save = async (): Promise<void> => {
    times++
    for (const [number, visit] of visits.entries()) await visit.update(changedVisitOf(number, times))
  }
  const hset = async (): Promise<void> => {
    times++
    for (let number = 0; number < RECORDS; number++)
      await raw.hset(`raw:${number}`, fieldsOf(changedVisitOf(number, times)))
  }
  const multi = async (): Promise<void> => {
    times++
    for (let number = 0; number < RECORDS; number++) {
      const before = changedVisitOf(number, times - 1)
      const after = changedVisitOf(number, times)
      // As many partitions as the model has: sorted sets of the same sizes.
      const tag = `{raw.${number % PARTITIONS}}`
      const commands = raw.multi().hset(`${tag}:${number}`, fieldsOf(after))
      for (const name of ['country', 'device', 'userId'] as const) {
        commands.zrem(`${tag}:${name}:${before[name]}`, String(number))
        commands.zadd(`${tag}:${name}:${after[name]}`, number, String(number))
      }
      await commands.zadd(`${tag}:userId`, after.userId, String(number)).exec()
    }
  }
  if (bench.wants('save-hset')) await reportCost(bench, 'save-hset', { rounds: 15, ours: save, peer: hset })
  if (bench.wants('save-multi')) await reportFaster(bench, 'save-multi', { rounds: 9, ours: save, peer: multi })
  await Visit.truncate()
}
