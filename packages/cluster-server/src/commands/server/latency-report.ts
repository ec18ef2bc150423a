import type { ServerState } from '../context.js'
import type { LatencyEvent } from '../latency-monitor.js'

const DISABLED =
  'Latency is not monitored. CONFIG SET latency-monitor-threshold <milliseconds> turns it on: what takes longer is kept then.\n'
const QUIET = 'Nothing has taken longer than the threshold so far.\n'

const mean = (values: readonly number[]): number =>
  Math.floor(values.reduce((sum, value) => sum + value, 0) / values.length)

const describeEvent = (name: string, { samples, longestMs }: LatencyEvent, number: number, nowMs: number): string => {
  const values = samples.map(({ milliseconds }) => milliseconds)
  const average = mean(values)
  const deviation = mean(values.map((value) => Math.abs(value - average)))
  const seconds = Math.max(1, Math.floor(nowMs / 1000) - (samples[0]?.at ?? 0))
  const period = (seconds / samples.length).toFixed(2)
  return `${number}. ${name}: ${samples.length} latency spikes (average ${average}ms, mean deviation ${deviation}ms, period ${period} sec). Worst all time event ${longestMs}ms.\n`
}

/** What LATENCY DOCTOR says: the figures of each event, and where to look on. */
export const describeLatency = ({ statistics, config }: ServerState, nowMs: number): string => {
  const events = [...statistics.latency.events]
  if (events.length === 0) return config.number('latency-monitor-threshold') === 0 ? DISABLED : QUIET
  const lines = events.map(([name, event], index) => describeEvent(name, event, index + 1, nowMs))
  const hints: string[] = []
  if (statistics.latency.events.has('command')) {
    hints.push('- SLOWLOG GET names commands that took long; slowlog-log-slower-than says from when on.\n')
  }
  if (statistics.latency.events.has('expire-cycle')) {
    hints.push('- Many keys expire at the same time; a lower active-expire-effort removes fewer at once.\n')
  }
  return `${lines.join('')}${hints.length > 0 ? `\n${hints.join('')}` : ''}`
}
