import type { Order } from '../criteria.js'
import type { CompiledCondition } from './compile-condition.js'
import type { DriverChoice } from './partition-stream.js'

/** One line for a person: what was walked, what was tested on its entries, in how many partitions. */
export function describePlan(
  condition: CompiledCondition,
  orders: readonly Order[],
  driver: DriverChoice | null,
  partitions: number,
): string {
  const walked = walkedBy(condition, orders, driver?.number ?? 0)
  const steps = [`walk ${walked}`]
  const tested = testedBy(condition, driver?.number ?? 0)
  if (tested.length > 0) steps.push(`test ${tested.join(', ')}`)
  if (driver?.ordered === false) {
    const names = orders.map(({ attribute }) => attribute ?? 'creation')
    steps.push(`sort by ${names.length === 0 ? 'creation' : names.join(', ')}`)
  }
  return `${steps.join('; ')}; ${partitions} ${partitions === 1 ? 'partition' : 'partitions'}`
}

/** What a driver walks. */
export function walkedBy({ parts, ids }: CompiledCondition, orders: readonly Order[], driver: number): string {
  if (driver === -1) return `the order by ${orders[0]?.attribute ?? 'creation'}`
  if (driver === 0) return 'all records'
  return parts[driver - 1]?.text ?? `${ids?.length ?? 0} ids`
}

/** The conditions that are tested on what a driver brings. */
export function testedBy({ parts, ids }: CompiledCondition, driver: number): string[] {
  const tested = parts.filter((_, place) => place !== driver - 1).map((part) => part.text)
  if (ids !== null && driver !== parts.length + 1) tested.push(`${ids.length} ids`)
  return tested
}
