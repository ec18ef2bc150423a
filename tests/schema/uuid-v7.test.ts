import { describe, expect, test } from '@jest/globals'
import { createUuidV7, v7KeyGenerator } from '../../src/schema/uuid-v7.js'

const form = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

describe('createUuidV7', () => {
  test('has the version, the variant and the time of RFC 9562', () => {
    const generate = createUuidV7({ now: () => 0x017f22e279b0, random: (bytes) => bytes.fill(0xff) })
    expect(generate()).toMatch(form)
    expect(generate().slice(0, 13)).toBe('017f22e2-79b0')
  })

  test('ascends within a millisecond, over a full counter, and when the clock goes back', () => {
    let now = 1000
    const generate = createUuidV7({ now: () => now, random: (bytes) => bytes.fill(0xff) })
    const keys = Array.from({ length: 5000 }, generate)
    now = 500
    keys.push(...Array.from({ length: 5000 }, generate))
    now = 1001
    keys.push(...Array.from({ length: 10 }, generate))
    expect([...keys].sort().join()).toBe(keys.join())
    expect(new Set(keys).size).toBe(keys.length)
    expect(keys.filter((key) => !form.test(key))).toEqual([])
  })

  test('the generator of the package never repeats a key', () => {
    const keys = Array.from({ length: 20_000 }, v7KeyGenerator)
    expect(new Set(keys).size).toBe(keys.length)
    expect([...keys].sort().join()).toBe(keys.join())
  })
})
