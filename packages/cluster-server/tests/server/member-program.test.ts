import { statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from '@jest/globals'
import { processFile } from '../../src/server/member-program.js'

const built = (name: string): URL => new URL(`../../dist/server/${name}`, import.meta.url)

describe('the program of a node', () => {
  test.each(['node-thread', 'node-process'])('%s is a bundle that is no older than its module', (name) => {
    const file = processFile(built(`${name}.js`))
    expect(file).toBe(fileURLToPath(built(`${name}.bundle.cjs`)))
    expect(statSync(file).mtimeMs).toBeGreaterThanOrEqual(statSync(built(`${name}.js`)).mtimeMs)
  })

  test('is the module itself where it was not bundled', () => {
    expect(processFile(built('node.js'))).toBe(fileURLToPath(built('node.js')))
  })
})
