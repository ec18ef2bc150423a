import { SingleBar } from 'cli-progress'
import { City, type PlainCity } from './city.js'

/** The rows, until the signal is aborted. */
function* until(signal: AbortSignal, cities: readonly PlainCity[]): Generator<PlainCity> {
  for (const city of cities) {
    signal.throwIfAborted()
    yield city
  }
}

/** Stores all cities under a progress bar, and tells how fast. Throws when a row was not stored or the signal is aborted. */
export const fill = async (cities: readonly PlainCity[], signal: AbortSignal): Promise<void> => {
  const bar = new SingleBar({
    format: 'insertMany {bar} {value} of {total} rows, {rate} rows/s',
    barCompleteChar: '#',
    barIncompleteChar: '.',
    barsize: 40,
    hideCursor: true,
    noTTYOutput: true,
    notTTYSchedule: 2000,
  })
  const start = performance.now()
  const rate = (rows: number): string => Math.round(rows / ((performance.now() - start) / 1000)).toLocaleString('en')
  bar.start(cities.length, 0, { rate: '0' })
  try {
    const report = await City.insertMany(until(signal, cities), {
      onProgress: ({ processed }) => bar.update(processed, { rate: rate(processed) }),
    })
    const [failure] = report.failures
    if (failure !== undefined) throw failure.error
  } finally {
    bar.stop()
  }
  const seconds = (performance.now() - start) / 1000
  console.log(
    `${cities.length.toLocaleString('en')} cities with 4 indexed attributes each in ${seconds.toFixed(1)} s: ${rate(cities.length)} rows/s`,
  )
}
