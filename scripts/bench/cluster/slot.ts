import { median } from '../statistics.js'
import { gated } from './gate.js'

const ROUNDS = 7
const KEYS = 1000
const PASSES = 500
const GATE_NS = 1000

interface SlotModule {
  keySlot(key: string): number
}

/** Time to find the slot of a key: with and without a hash tag, of 12 to 40 characters. */
export const benchSlot = async (): Promise<void> => {
  const { href } = new URL('../../../../packages/cluster-server/dist/slot.js', import.meta.url)
  const { keySlot }: SlotModule = await import(href)
  const keys = Array.from({ length: KEYS }, (_, index) =>
    index % 2 === 0 ? `user:${String(index).padStart(7 + (index % 30), '0')}` : `{user:${index}}:visits:by:day`,
  )
  let sum = 0
  const round = (): number => {
    const startedAt = performance.now()
    for (let pass = 0; pass < PASSES; pass++) for (const key of keys) sum += keySlot(key)
    return ((performance.now() - startedAt) * 1e6) / (PASSES * KEYS)
  }
  round()
  const nanoseconds = median(Array.from({ length: ROUNDS }, round))
  if (sum === 0) throw new Error('all keys are in slot 0')
  console.log(`cluster: slot of a key                    ${gated(nanoseconds, '<', GATE_NS, 'ns')}`)
}
