import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, test } from '@jest/globals'
import * as source from '../../src/index.js'

const root = fileURLToPath(new URL('../..', `file://${__dirname}/`))
const run = async (type: 'module' | 'commonjs', program: string): Promise<string> => {
  const { stdout } = await promisify(execFile)(process.execPath, [`--input-type=${type}`, '-e', program], { cwd: root })
  return stdout.trim()
}
const names = Object.keys(source).sort().join(' ')

/** The compiled package, by its own name, in a Node.js of its own. */
describe('the built package', () => {
  test('is an ES module with all names of the source', async () => {
    expect(await run('module', `console.log(Object.keys(await import('activeredis')).sort().join(' '))`)).toBe(names)
  })

  test('loads with require()', async () => {
    const program = `const { __esModule, ...names } = require('activeredis'); console.log(Object.keys(names).sort().join(' '))`
    expect(await run('commonjs', program)).toBe(names)
  })

  test('changes no prototype but for reflect-metadata, opens nothing, and lets the process end', async () => {
    const program = `
      import dayjs from 'dayjs'
      const shape = () => JSON.stringify([Object, Function, Array, Map, Date, Promise, dayjs, JSON, Math].map((one) =>
        [Object.getOwnPropertyNames(one), Object.getOwnPropertyNames(one.prototype ?? {})]))
      const before = shape()
      const { Model } = await import('activeredis')
      class Visit extends Model {}
      console.log(before === shape(), typeof Reflect.getMetadata, process.getActiveResourcesInfo().filter((name) => /Socket|TCP|Timer/.test(name)).length)
      Model.setRepository('array')
      const visit = await Visit.create()
      console.log(typeof JSON.parse(String(visit)).created_at)
    `
    expect(await run('module', program)).toBe('true function 0\nstring')
  })
})
