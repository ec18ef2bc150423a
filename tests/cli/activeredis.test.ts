import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import type { Connection } from '../../src/connections/connection.js'
import { openTarget, targetUrl } from '../support/open-target.js'
import { describeTargets, type Target } from '../support/targets.js'

jest.setTimeout(120_000)

const root = fileURLToPath(new URL('../..', `file://${__dirname}/`))

/** The built program in a process of its own, with models of a compiled module. */
describeTargets(['redis-server', 'redis-cluster'], (target: Target) => {
  describe('the program activeredis', () => {
    let directory: string
    let connection: Connection
    const bin = join(root, 'bin/activeredis.mjs')
    const models = () => join(directory, 'models.mjs')
    const run = async (args: string[], environment: Record<string, string> = {}, start = [bin]) => {
      const program = spawn(process.execPath, [...start, ...args], {
        cwd: directory,
        env: { ...process.env, ...environment },
      })
      let stdout = ''
      let stderr = ''
      program.stdout.on('data', (chunk) => {
        stdout += chunk
      })
      program.stderr.on('data', (chunk) => {
        stderr += chunk
      })
      const code = await new Promise<number | null>((resolve) => program.on('close', resolve))
      return { code, stdout, stderr }
    }
    const seed = (code: string) =>
      new Promise<void>((resolve, reject) => {
        const source = `
          import * as models from ${JSON.stringify(pathToFileURL(models()).href)}
          import { connections } from ${JSON.stringify(pathToFileURL(join(root, 'dist/index.js')).href)}
          connections.define('default', process.env.URL)
          ${code}
          await connections.closeAll()`
        const program = spawn(process.execPath, ['--input-type=module', '-e', source], {
          env: { ...process.env, URL: targetUrl(target) },
          stdio: ['ignore', 'ignore', 'inherit'],
        })
        program.on('close', (code) => (code === 0 ? resolve() : reject(new Error(`seed ended with ${code}`))))
      })

    beforeAll(async () => {
      directory = await mkdtemp(join(tmpdir(), 'activeredis-cli-'))
      connection = await openTarget(target)
      const library = pathToFileURL(join(root, 'dist/index.js')).href
      await writeFile(
        models(),
        `import { Model, migratingFrom } from ${JSON.stringify(library)}
        export class Visit extends Model {
          static attributes = ['ip']
          static searchable = ['ip']
        }
        export class Old extends Model {
          static prefix = 'moved'
          static repository = 'redis'
          static attributes = ['ip']
          static searchable = ['ip']
        }
        export class Moved extends Model {
          static prefix = 'moved'
          static attributes = ['ip']
          static searchable = ['ip']
        }
        export class Word extends Model {
          static attributes = ['text']
          static searchable = ['text']
        }
        export class Later extends Word {}
        export const answer = 42`,
      )
      await seed(`for (let at = 0; at < 5; at++) await models.Visit.create({ id: 'v' + at, ip: '10.0.0.' + at })
        for (let at = 0; at < 7; at++) await models.Old.create({ id: 'o' + at, ip: '10.0.0.' + at })`)
    })
    afterAll(async () => {
      await connection?.close()
      await rm(directory, { recursive: true, force: true })
    })

    test('verifies, repairs and tells by its exit code what it found', async () => {
      const url = ['--url', targetUrl(target)]
      expect(await run(['index', 'verify', './models.mjs#Visit', ...url])).toMatchObject({ code: 0, stderr: '' })
      const clean = await run(['index', 'status', './models.mjs#Visit', '--json', ...url])
      expect(JSON.parse(clean.stdout)).toMatchObject({ model: 'Visit', records: 5, isReady: true })

      for (const primary of await connection.primaries()) {
        for (let cursor = '0', isFirst = true; isFirst || cursor !== '0'; isFirst = false) {
          const args = [cursor, 'MATCH', `${connection.keyPrefix}visits:*:id:v3`, 'COUNT', 10_000]
          const [found] = await primary.execute([{ type: 'command', name: 'SCAN', keys: [], args }])
          if (found?.ok !== true) throw found?.error
          const [next, keys] = found.value as [string, string[]]
          for (const key of keys) {
            const name = key.slice(connection.keyPrefix.length)
            await connection.send({ type: 'command', name: 'DEL', keys: [name], args: [] })
          }
          cursor = next
        }
      }
      const report = await run(['index', 'verify', './models.mjs#Visit', '--scan-keys', ...url])
      expect(report.code).toBe(1)
      expect(report.stdout).toContain('(all records): 0 missing, 0 stale, 1 orphaned')
      expect(report.stdout).toContain('ip: 0 missing, 0 stale, 1 orphaned')
      const repaired = await run(['index', 'repair', './models.mjs#Visit', '--scan-keys', '--json', ...url])
      expect(repaired.code).toBe(0)
      expect(JSON.parse(repaired.stdout)).toMatchObject({ mended: 2 })
      const actions = ['verify', 'build', 'rebuild', 'prune', 'sweep']
      const results = await Promise.all(actions.map((action) => run(['index', action, './models.mjs#Visit', ...url])))
      expect(results.map(({ code }) => code)).toEqual(actions.map(() => 0))
    })

    test('migrates: first on trial, then all, then it ends the migration', async () => {
      const to = ['./models.mjs#Moved', '--from', 'redis', '--url', targetUrl(target)]
      expect(await run(['migrate', ...to, '--dry-run'])).toMatchObject({
        code: 0,
        stdout: 'Moved, redis to 6 partitions: 7 records found, 7 would be moved\n',
      })
      expect(await run(['migrate', ...to])).toMatchObject({
        code: 0,
        stdout: 'Moved, redis to 6 partitions: 7 records found, 7 moved, 0 left\n',
      })
      expect(await run(['migrate', ...to, '--finish'])).toMatchObject({ code: 0 })
      const status = await run(['index', 'status', './models.mjs#Moved', '--json', '--url', targetUrl(target)])
      expect(JSON.parse(status.stdout)).toMatchObject({ records: 7, isReady: true })
    })

    if (target.kind !== 'redis-server') return

    test('an interrupted run says how far it came and how it goes on, with the model at which it was', async () => {
      await seed(`for (let at = 0; at < 5; at++) await models.Word.create({ id: 'w' + at, text: 't' + at })
        for (let at = 0; at < 5; at++) await models.Later.create({ id: 'l' + at, text: 't' + at })`)
      // Ends at the first progress of Later, as after Ctrl-C.
      const interrupted = (...args: string[]) => {
        const source = `
          import { runCli } from ${JSON.stringify(pathToFileURL(join(root, 'dist/cli/main.js')).href)}
          const controller = new AbortController()
          const stderr = { isTTY: true, columns: 0, write(text) {
            if (text.startsWith('\\r') && text.includes(' Later')) controller.abort()
            if (!text.startsWith('\\r')) process.stderr.write(text)
          } }
          const args = ${JSON.stringify([...args, '--url', targetUrl(target)])}
          process.exitCode = await runCli(args, { stdout: process.stdout, stderr, signal: controller.signal, version: '' })`
        return run([], {}, ['--input-type=module', '-e', source])
      }
      const both = './models.mjs#Word,Later'
      const verify = await interrupted('index', 'verify', both, '--batch-size', '1')
      expect(verify).toMatchObject({ code: 130, stdout: expect.stringContaining('Word: 5 records') })
      const [, models, token] = /interrupted; go on with #(\S+) --resume (\S+)\n$/.exec(verify.stderr) ?? []
      expect(models).toBe('Later')
      const rest = await run([
        'index',
        'verify',
        './models.mjs#Later,Word',
        '--resume',
        token!,
        '--url',
        targetUrl(target),
      ])
      expect(rest).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Later: [\s\S]*^Word: 5 records/m) })
      expect(await interrupted('index', 'rebuild', both)).toMatchObject({
        code: 130,
        stderr: 'activeredis: interrupted; the same command goes on\n',
      })
    })

    test('says what is wrong with its arguments, a module, a model or a connection', async () => {
      const cases: [string[], number, string][] = [
        [['index', 'verify', './none.mjs#Visit'], 2, "There is no file '"],
        [['index', 'verify', './models.mjs#Vist'], 2, "exports no model 'Vist'; its models are"],
        [['index', 'verify', './models.mjs#answer'], 2, "exports no model 'answer'"],
        [['index', 'look', './models.mjs'], 2, "got 'look'"],
        [['index', 'status', './models.mjs#Visit', '--url', 'nonsense'], 3, 'there is no scheme://host'],
        [['index', 'verify', './models.mjs#Visit', '--url', targetUrl(target), '--resume', 'x'], 3, "'x' is no place"],
      ]
      const results = await Promise.all(cases.map(([args]) => run(args)))
      for (const [index, [args, code, message]] of cases.entries()) {
        expect({ args, code: results[index]!.code }).toEqual({ args, code })
        expect(results[index]!.stderr).toContain(message)
        expect(results[index]!.stdout).toBe('')
      }
      expect((await run(['--help'])).stdout).toContain('activeredis migrate')
      expect((await run(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
    })
  })
})
