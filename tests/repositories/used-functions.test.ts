import { describe, expect, test } from '@jest/globals'
import { withUsedFunctions } from '../../src/repositories/used-functions.js'

const script = (...lines: readonly string[]): string => lines.join('\n')

describe('the functions of a script', () => {
  test('that nothing reaches are left out, with those that only they call', () => {
    const source = script(
      'local function inner()',
      '  return 1',
      'end',
      'local function unused()',
      '  return inner()',
      'end',
      'local function used()',
      '  return 2',
      'end',
      'return used()',
    )
    expect(withUsedFunctions(source)).toBe(script('local function used()', '  return 2', 'end', 'return used()'))
  })

  test('that are reached through others, also through themselves, are kept in their order', () => {
    const source = script(
      'local function leaf(value)',
      '  if value then return leaf(false) end',
      'end',
      'local function branch() return leaf(true) end',
      'local list = { branch }',
      'return list[1]()',
    )
    expect(withUsedFunctions(source)).toBe(source)
  })

  test('that are named by a variable or a text at the top level are kept', () => {
    const source = script('local function named()', 'end', "local text = 'named'", 'return text')
    expect(withUsedFunctions(source)).toBe(source)
  })

  test('within functions belong to these', () => {
    const source = script(
      'local function outer()',
      'local function inner()',
      "  if inner then for i = 1, 2 do repeat local text = 'end' until i end end -- end",
      'end',
      '  return inner()',
      'end',
      'return outer()',
    )
    expect(withUsedFunctions(source)).toBe(source)
    expect(withUsedFunctions(source.replace('return outer()', 'return 1'))).toBe('return 1')
  })

  test('and everything else at the top level stays, without empty lines', () => {
    expect(
      withUsedFunctions(script('local TTL = 1', '', 'local holds', '', 'holds = function() end', 'return 1')),
    ).toBe(script('local TTL = 1', 'local holds', 'holds = function() end', 'return 1'))
  })

  test('without an end are refused', () => {
    expect(() => withUsedFunctions(script('local function open()', '  return 1'))).toThrow('local function open()')
  })
})
