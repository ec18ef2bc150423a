import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { Redis } from 'ioredis'
import { startSupervised } from './supervised-process.js'
import { describeTargets, serverKinds } from './targets.js'
import { until } from './until.js'

describeTargets(serverKinds, (target) => {
  test('every node that the target names answers PING', async () => {
    expect(target.addresses.length).toBeGreaterThan(0)
    for (const { host, port } of target.addresses) {
      const client = new Redis({ host, port })
      try {
        expect(await client.ping()).toBe('PONG')
      } finally {
        client.disconnect()
      }
    }
  })
})

describeTargets(['redis-cluster', 'embedded-cluster'], (target) => {
  test('the cluster owns all slots and has three primaries with a replica each', async () => {
    const [seed] = target.addresses
    const client = new Redis({ host: seed!.host, port: seed!.port })
    try {
      expect(String(await client.cluster('INFO'))).toContain('cluster_state:ok')
      const nodes = String(await client.cluster('NODES'))
        .trim()
        .split('\n')
      expect(nodes.filter((line) => / (myself,)?master /.test(line))).toHaveLength(3)
      expect(nodes.filter((line) => / (myself,)?slave /.test(line))).toHaveLength(3)
    } finally {
      client.disconnect()
    }
  })
})

describe('a supervised process', () => {
  const isAlive = (pid: number): boolean => {
    try {
      process.kill(pid, 0)
      return true
    } catch {
      return false
    }
  }
  const child = (): Promise<Awaited<ReturnType<typeof startSupervised>>> =>
    startSupervised('/bin/sh', () => ['-c', 'echo pid $$ up; exec sleep 1000'], /pid \d+ up/)
  const pidOf = (output: string): number => Number(/pid (\d+) up/.exec(output)![1])

  test('is gone, with its directory, when stop() resolves', async () => {
    const supervised = await child()
    expect(isAlive(pidOf(supervised.output()))).toBe(true)
    expect(existsSync(supervised.directory)).toBe(true)
    await supervised.stop()
    expect(isAlive(pidOf(supervised.output()))).toBe(false)
    expect(existsSync(supervised.directory)).toBe(false)
    await supervised.stop()
  })

  test('shows the output of a program that ends too early', async () => {
    await expect(startSupervised('/bin/sh', () => ['-c', 'echo no such option; exit 3'], /ready/)).rejects.toThrow(
      /ended before it was ready:\s+no such option/,
    )
  })

  test('does not outlive its parent, however that ends', async () => {
    const program = `
      import { register } from 'node:module'
      register('./typescript-loader.mjs', ${JSON.stringify(new URL(`file://${__dirname}/`).href)})
      const { startSupervised } = await import(${JSON.stringify(`${__dirname}/supervised-process.ts`)})
      const started = await startSupervised('/bin/sh', () => ['-c', 'echo pid $$ up; exec sleep 1000'], /up/)
      console.log(JSON.stringify({ output: started.output(), directory: started.directory }))`
    const parent = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [printed] = await once(parent.stdout, 'data')
    const { output, directory } = JSON.parse(String(printed))
    expect(isAlive(pidOf(output))).toBe(true)
    parent.kill('SIGKILL')
    await until(() => !isAlive(pidOf(output)) && !existsSync(directory))
  })

  test('leaves no guard behind', async () => {
    const supervised = await child()
    await supervised.stop()
    expect(execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' })).not.toContain(supervised.directory)
  })
})
