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
  const drivers = ['all records']
  if (condition.ids !== null) drivers.push(`${condition.ids.length} ids`)
  for (const part of condition.parts) if (part.drives) drivers.push(part.text)
  const [order] = orders
  if (order !== undefined && order.attribute !== null) drivers.push(`the order by ${order.attribute}`)
  const walked = drivers[(driver?.number ?? 1) - 1] ?? 'all records'
  const tested = condition.parts.map((part) => part.text).filter((part) => part !== walked)
  const steps = [`walk ${walked}`]
  if (tested.length > 0) steps.push(`test ${tested.join(', ')}`)
  if (driver?.ordered === false) steps.push(`sort by ${order?.attribute ?? 'creation'}`)
  return `${steps.join('; ')}; ${partitions} ${partitions === 1 ? 'partition' : 'partitions'}`
}
