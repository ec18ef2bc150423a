import type { Paired } from '../statistics.js'
import { type Row, type RowName, rows, verdict } from './rows.js'

/** One measured row. */
export interface Result {
  readonly name: RowName
  /** In the unit of the row: time beside the peer's, or how many times as fast. */
  readonly ratio: number
  /** Milliseconds, bytes and what else explains the ratio. */
  readonly detail: string
}

/** Prints a row as soon as it is measured; gates judge on a real redis-server alone. */
export const printResult = ({ name, ratio, detail }: Result, isJudged: boolean): void => {
  const { what, peer, bound }: Row = rows[name]
  const limits =
    bound === null ? 'printed' : `gate ${sign(bound.type)} ${bound.gate}, aim ${sign(bound.type)} ${bound.aim}`
  const standing = bound === null || !isJudged ? '' : verdict(bound, ratio)
  console.log(
    `  ${name.padEnd(19)} ${`${what} / ${peer}`.padEnd(70)} ${ratio.toFixed(2).padStart(8)}   ${limits.padEnd(24)} ${standing.padEnd(15)} ${detail}`,
  )
}

const sign = (type: 'atMost' | 'atLeast'): string => (type === 'atMost' ? '<=' : '>=')

/** `12.34 ms beside 5.67 ms, client 6.12 beside 3.45 ms`: time, and processor time of the client in it. */
export const besideMs = ({ ours, peer }: Paired): string =>
  `${milliseconds(ours.ms)} ms beside ${milliseconds(peer.ms)} ms, client ${milliseconds(ours.cpuMs)} beside ${milliseconds(peer.cpuMs)} ms`

const milliseconds = (ms: number): string => ms.toFixed(ms < 10 ? 3 : 1)
