import { SingleBar } from 'cli-progress'
import { City, type PlainCity } from './city.js'

/** Stores all cities under a progress bar, and tells how fast. Throws when a row was not stored. */
export const fill = async (cities: readonly PlainCity[]): Promise<void> => {
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
    const report = await City.insertMany(cities, {
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
