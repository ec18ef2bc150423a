import { allocateLatin1 } from '../../latin1.js'
import { type WireError, wireError } from '../../wire-errors.js'
import { DENSE_BYTES, denseRegister, REGISTERS, setDenseRegister } from './dense-registers.js'
import { elementPlace, INDEX_BITS } from './element-hash.js'
import { Sketch } from './sketch.js'

const ROUNDS = 1000
const ELEMENTS = 10_000_000
const STANDARD_ERROR = 1.04 / Math.sqrt(REGISTERS)

/** Writes random registers, and reads them back. */
const testRegisters = (random: () => number): WireError | undefined => {
  const bytes = new Uint8Array(DENSE_BYTES)
  const expected = new Uint8Array(REGISTERS)
  for (let round = 0; round < ROUNDS; round++) {
    for (let index = 0; index < REGISTERS; index++) {
      const value = Math.floor(random() * 64)
      expected[index] = value
      setDenseRegister(bytes, 0, index, value)
    }
    for (let index = 0; index < REGISTERS; index++) {
      const value = denseRegister(bytes, 0, index)
      if (value === expected[index]) continue
      return wireError(`ERR TESTFAILED Register ${index} should be ${expected[index]} but is ${value}`)
    }
  }
  return undefined
}

/** Adds elements to a dense and to a sparse sketch, and looks at both after 1, 10, 100 … of them. */
const testEstimates = (random: () => number, sparseLimit: number): WireError | undefined => {
  const dense = Sketch.empty()
  dense.makeDense()
  const sketch = Sketch.empty()
  const element = allocateLatin1(8)
  const seed = Math.floor(random() * 2 ** 32)
  element.writeUInt32LE(Math.floor(random() * 2 ** 32), 4)
  let checkpoint = 1
  for (let count = 1; count <= ELEMENTS; count++) {
    element.writeUInt32LE((count ^ seed) >>> 0, 0)
    const place = elementPlace(element.latin1Slice())
    dense.raise(place & (REGISTERS - 1), place >> INDEX_BITS, sparseLimit)
    sketch.raise(place & (REGISTERS - 1), place >> INDEX_BITS, sparseLimit)
    if (count !== checkpoint) continue
    if (count < sparseLimit / 2 && !sketch.isSparse) return wireError('ERR TESTFAILED sparse encoding not used')
    const estimate = dense.estimate() ?? 0
    if (estimate !== sketch.estimate()) return wireError('ERR TESTFAILED dense/sparse disagree')
    const error = Math.abs(checkpoint - estimate)
    const largestError = count === 10 ? 1 : Math.ceil(STANDARD_ERROR * 6 * checkpoint)
    if (error > largestError) {
      return wireError(`ERR TESTFAILED Too big error. card:${checkpoint} abserr:${error}`)
    }
    checkpoint *= 10
  }
  return undefined
}

/** What is wrong with registers or estimates; undefined when all is well. Takes about as long as in Redis: a second or more. */
export const selfTest = (random: () => number, sparseLimit: number): WireError | undefined =>
  testRegisters(random) ?? testEstimates(random, sparseLimit)
