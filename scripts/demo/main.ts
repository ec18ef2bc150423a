import { ActiveRedisError, ConfigurationError, connections } from 'activeredis'
import { changeQuestions } from './changes.js'
import { loadCities } from './cities.js'
import { City, type PlainCity } from './city.js'
import { fill } from './fill.js'
import { type DemoOptions, parseOptions, usage } from './options.js'
import { difference, type Question, traceCollector } from './question.js'
import { readQuestions } from './questions.js'
import { formatLine, type ReportLine, reportHeader } from './report.js'
import { countLeftKeys, defineTarget, describeTarget } from './target.js'

/** Asks one question, as often as it wants, and compares every answer with that of the plain array. */
const answer = async (question: Question, cities: readonly PlainCity[]): Promise<ReportLine> => {
  const expected = question.expected(cities)
  const times: number[] = []
  let differs: string | null = null
  let slots = 0
  for (let run = 0; run < question.runs; run++) {
    const traces = traceCollector()
    const start = performance.now()
    const actual = await question.ask(traces)
    times.push(performance.now() - start)
    slots = traces.slots.size
    differs ??= difference(question, actual, expected)
  }
  times.sort((a, b) => a - b)
  const timeMs = times[times.length >> 1] ?? 0
  return { question: question.text, rows: expected.rows, timeMs, slots, difference: differs }
}

/** Is aborted by Ctrl-C, so that the demo stops between two steps and still removes what it stored. */
const interruption = new AbortController()
process.once('SIGINT', () => interruption.abort(new Error('Interrupted; removing what was stored …')))

/** Runs the demo; true when every answer was right and nothing was left behind. */
const run = async (options: DemoOptions): Promise<boolean> => {
  const cities = loadCities(options.limit)
  const keyPrefix = defineTarget(options.url)
  console.log(await describeTarget(options.url))
  let isRight = true
  try {
    await fill(cities, interruption.signal)
    console.log(`\n${reportHeader()}`)
    for (const question of [...readQuestions(cities), ...changeQuestions(cities)]) {
      interruption.signal.throwIfAborted()
      const line = await answer(question, cities)
      isRight &&= line.difference === null
      console.log(formatLine(line))
    }
  } finally {
    await City.truncate()
  }
  const left = await countLeftKeys()
  console.log(`\n${left === 0 ? 'No key is' : `${left} keys are`} left under the key prefix ${keyPrefix}`)
  return isRight && left === 0
}

const main = async (): Promise<number> => {
  let options: DemoOptions | 'help'
  try {
    options = parseOptions(process.argv.slice(2))
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${usage}`)
    return 2
  }
  if (options === 'help') {
    console.log(usage)
    return 0
  }
  try {
    const isRight = await run(options)
    console.log(isRight ? 'Every answer equals that of the plain array.' : 'There are answers that differ.')
    return isRight ? 0 : 1
  } catch (error) {
    const isExpected = error instanceof ActiveRedisError || error === interruption.signal.reason
    console.error(isExpected && error instanceof Error ? error.message : error)
    return error instanceof ConfigurationError ? 2 : 1
  } finally {
    await connections.closeAll()
  }
}

process.exitCode = await main()
