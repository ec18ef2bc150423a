import { City, type PlainCity } from './city.js'
import type { Answer, Question, TraceCollector } from './question.js'

const rowsOf = (cities: readonly { readonly id: string }[]): Answer => ({
  ids: cities.map((city) => city.id),
  rows: cities.length,
})
const keysOf = (cities: readonly City[]): Answer => ({
  ids: cities.map((city) => String(city.getKey())),
  rows: cities.length,
})
const numberOf = (rows: number): Answer => ({ ids: [], rows })

/** Population descending, then the order of creation, which is the order of the array. */
const byPopulation = (cities: readonly PlainCity[]): PlainCity[] =>
  [...cities].sort((a, b) => b.population - a.population)

const byName = (cities: readonly PlainCity[]): PlainCity[] =>
  [...cities].sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)))

/** Everything that is read without changing anything. */
export const readQuestions = (cities: readonly PlainCity[]): Question[] => {
  const sample = cities[Math.floor(cities.length / 2)] as PlainCity
  return [
    {
      text: "where('country', 'CH')",
      runs: 5,
      ordered: false,
      ask: async (traces) => keysOf(await City.where('country', 'CH').onTrace(traces.add).get()),
      expected: (all) => rowsOf(all.filter((city) => city.country === 'CH')),
    },
    {
      text: "country 'IN' and population 100,000 to 500,000, largest first, limit 10",
      runs: 5,
      ordered: false,
      ask: async (traces) => {
        const query = City.where('country', 'IN').where('population', '>=', 100_000).where('population', '<=', 500_000)
        return populationsOf(await query.orderBy('population', 'desc').limit(10).onTrace(traces.add).get())
      },
      expected: (all) =>
        populationsOf(
          byPopulation(
            all.filter((city) => city.country === 'IN' && city.population >= 100_000 && city.population <= 500_000),
          ).slice(0, 10),
        ),
    },
    {
      text: "name prefix: where('name', 'San *'), by name",
      runs: 5,
      ordered: true,
      ask: async (traces) => namesOf(await City.where('name', 'San *').orderBy('name').onTrace(traces.add).get()),
      expected: (all) => namesOf(byName(all.filter((city) => city.name.startsWith('San ')))),
    },
    {
      text: "whereIn('country', ['LI', 'MC', 'SM', 'VA', 'AD'])",
      runs: 5,
      ordered: false,
      ask: async (traces) => keysOf(await City.query().whereIn('country', microstates).onTrace(traces.add).get()),
      expected: (all) => rowsOf(all.filter((city) => microstates.includes(city.country))),
    },
    {
      text: "country 'AT' and municipality null",
      runs: 5,
      ordered: false,
      ask: async (traces) =>
        keysOf(await City.where('country', 'AT').whereNull('municipality').onTrace(traces.add).get()),
      expected: (all) => rowsOf(all.filter((city) => city.country === 'AT' && city.municipality === null)),
    },
    {
      text: "where('country', 'US').count()",
      runs: 5,
      ordered: false,
      ask: async (traces) => numberOf(await City.where('country', 'US').onTrace(traces.add).count()),
      expected: (all) => numberOf(all.filter((city) => city.country === 'US').length),
    },
    {
      text: "country 'BR' and population below 5,000: count",
      runs: 5,
      ordered: false,
      ask: async (traces) =>
        numberOf(await City.where('country', 'BR').where('population', '<', 5000).onTrace(traces.add).count()),
      expected: (all) => numberOf(all.filter((city) => city.country === 'BR' && city.population < 5000).length),
    },
    {
      text: "country 'IT' in pages of 500 by cursor, smallest first",
      runs: 1,
      ordered: true,
      ask: async (traces) => inPages(traces),
      expected: (all) => ({
        ...rowsOf(all.filter((city) => city.country === 'IT')),
        ids: all
          .filter((city) => city.country === 'IT')
          .map((city) => city.population)
          .sort((a, b) => a - b)
          .map(String),
      }),
    },
    {
      text: `find('${sample.id}')`,
      runs: 5,
      ordered: true,
      ask: async (traces) => {
        const city = await City.query().onTrace(traces.add).find(sample.id)
        return keysOf(city === null ? [] : [city])
      },
      expected: () => rowsOf([sample]),
    },
  ]
}

const microstates = ['LI', 'MC', 'SM', 'VA', 'AD']

/** Rows of equal population have no order that the plain array could know, so the populations are compared. */
const populationsOf = (cities: readonly { readonly population: number }[]): Answer => ({
  ids: cities.map((city) => String(city.population)),
  rows: cities.length,
})

const namesOf = (cities: readonly { readonly name: string }[]): Answer => ({
  ids: cities.map((city) => city.name),
  rows: cities.length,
})

const inPages = async (traces: TraceCollector): Promise<Answer> => {
  const populations: number[] = []
  const seen = new Set<string>()
  const query = City.where('country', 'IT').orderBy('population').onTrace(traces.add)
  let after: string | null = null
  do {
    const page: { rows: readonly City[]; next: string | null } = await query.cursorPaginate({ size: 500, after })
    for (const city of page.rows) {
      seen.add(String(city.getKey()))
      populations.push(city.population)
    }
    after = page.next
  } while (after !== null)
  return { ids: populations.map(String), rows: seen.size }
}
