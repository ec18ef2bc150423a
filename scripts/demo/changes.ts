import { setTimeout as delay } from 'node:timers/promises'
import { City, type PlainCity } from './city.js'
import type { Answer, Question, TraceCollector } from './question.js'

const counts = (...numbers: readonly number[]): Answer => ({ ids: numbers.map(String), rows: numbers.at(-1) ?? 0 })

const countOf = async (country: string, traces: TraceCollector): Promise<number> =>
  City.where('country', '=', country).onTrace(traces.add).count()

const inCountry = (cities: readonly PlainCity[], country: string): number =>
  cities.filter((city) => city.country === country).length

/**
 * The questions that change data, in order; each is asked once. An answer is the series of counts seen on the way:
 * before, in between and after the change. 'XX' and 'XT' are countries that no city of the data set is in.
 */
export const changeQuestions = (cities: readonly PlainCity[]): Question[] => {
  const moved = cities.find((city) => city.country === 'CH') as PlainCity
  return [
    {
      text: `update({ country: 'XX' }) moves ${moved.name} from index CH to XX`,
      runs: 1,
      ordered: true,
      ask: async (traces) => {
        const city = await City.findOrFail(moved.id)
        const before = await countOf('CH', traces)
        await city.update({ country: 'XX' })
        const after = await countOf('CH', traces)
        const [found] = await City.where('country', '=', 'XX').onTrace(traces.add).get()
        return { ids: [before, after, found?.getKey() ?? 'none'].map(String), rows: await countOf('XX', traces) }
      },
      expected: (all) => {
        const before = inCountry(all, 'CH')
        return { ids: [before, before - 1, moved.id].map(String), rows: 1 }
      },
    },
    {
      text: 'a city that expires after a second: count before, with it, afterwards',
      runs: 1,
      ordered: true,
      ask: async (traces) => {
        const before = await countOf('XT', traces)
        const city = await City.create({
          name: 'Transit camp',
          country: 'XT',
          population: 12,
          municipality: null,
          coordinates: [0, 0],
        })
        const deadlineMs = Date.now() + 1000
        await city.setExpiry(new Date(deadlineMs))
        const during = await countOf('XT', traces)
        while (Date.now() <= deadlineMs) await delay(deadlineMs - Date.now() + 1)
        return counts(before, during, await countOf('XT', traces))
      },
      expected: () => counts(0, 1, 0),
    },
    {
      text: `delete() of ${moved.name}: index XX is empty again`,
      runs: 1,
      ordered: true,
      ask: async (traces) => {
        const city = await City.findOrFail(moved.id)
        await city.delete()
        const gone = (await City.find(moved.id)) === null ? 0 : 1
        return counts(gone, await countOf('XX', traces))
      },
      expected: () => counts(0, 0),
    },
  ]
}
