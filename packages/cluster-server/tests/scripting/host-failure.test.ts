import { runInNewContext } from 'node:vm'
import { expect, test } from '@jest/globals'
import { errorFromHost } from '../../src/scripting/runtime/host-failure.js'
import { LuaError } from '../../src/scripting/runtime/lua-error.js'

test('a stack that overflowed in code of another realm is an error that a script can catch', () => {
  const overflow: unknown = runInNewContext('new RangeError("Maximum call stack size exceeded")')
  expect(overflow instanceof Error).toBe(false)
  expect(errorFromHost(overflow)).toBeInstanceOf(LuaError)
  expect(errorFromHost(overflow).value).toBe('stack overflow')
})

test.each([new Error('a fault'), 'text', null, undefined, { message: 1 }])('%p is thrown on', (fault) => {
  let thrown: unknown
  try {
    errorFromHost(fault)
  } catch (error) {
    thrown = error
  }
  expect(thrown).toBe(fault)
})

test('reading positions on a nearly full stack leaves the formatting of stacks as it was', () => {
  const { prepareStackTrace, stackTraceLimit } = Error
  const overflow = new RangeError('Maximum call stack size exceeded')
  const descend = (): unknown => {
    try {
      return descend()
    } catch {
      return errorFromHost(overflow)
    }
  }
  expect(descend()).toBeInstanceOf(LuaError)
  expect(Error.prepareStackTrace).toBe(prepareStackTrace)
  expect(Error.stackTraceLimit).toBe(stackTraceLimit)
})
